"""The registry of portals: a CSV file that people keep by hand.

One line a portal: an id that never changes, the government that runs it, its front page. What
else is known (division code, level, annual-report columns) saves the crawl some searching. A
line that cannot be used stops the crawl before it begins: a portal that was quietly left
out would look like one that publishes nothing.
"""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from ipaddress import ip_address
from pathlib import Path
from urllib.parse import urlsplit

PORTALS = Path(__file__).parent / "portals.csv"

_REQUIRED = ("id", "name", "url")
_COLUMNS = (*_REQUIRED, "division", "level", "column_url", "group")
# It names folders and stands in file names, on every system.
_ID_RE = re.compile(r"[A-Za-z0-9](?:[A-Za-z0-9._-]{0,98}[A-Za-z0-9])?", re.ASCII)
_DIVISION_RE = re.compile(r"[0-9]{2,9}", re.ASCII)
_DEFAULT_PORTS = {"http": 80, "https": 443}


class RegistryError(ValueError):
    """A registry that cannot be used. The message is one line: FILE:LINE, what is wrong, what to do."""


@dataclass(frozen=True)
class Portal:
    """A government's web site: where its reports are looked for, and nowhere else."""

    id: str
    name: str  # the government that runs it
    url: str  # its front page
    division: str | None = None  # GB/T 2260, 2 to 9 digits
    level: str | None = None  # province | prefecture | county | township | department
    columns: tuple[str, ...] = ()  # known annual-report columns
    line: int = 0  # where it stands in its file; 0 when it comes from none
    group: str | None = None  # the platform that it shares with others, see crawler.shards


def load_registry(path: Path | None = None) -> list[Portal]:
    """Read a registry, by default our own `portals.csv`, in the order of its lines.

    CSV in UTF-8, with or without a byte order mark. The first line names the columns, in any
    order: `id`, `name` and `url` must be there, `division`, `level`, `column_url` (addresses
    separated by blanks) and `group` may be; others are for the people who keep the file.

    Raises RegistryError for a file that cannot be read or holds no portal, and for lines that
    cannot be used: the first is explained and the others are numbered.
    """
    file = PORTALS if path is None else Path(path)
    rows = _rows(file, _read(file))
    portals: list[Portal] = []
    faults: list[tuple[int, str]] = []
    lines_by_id: dict[str, int] = {}
    for line, cells in rows:
        try:
            portal = _portal(line, cells)
            # Folders are named after it, and on some systems A and a are one folder.
            first = lines_by_id.setdefault(portal.id.casefold(), line)
            if first != line:
                raise _Fault(f"id {portal.id} is that of line {first} already; give each portal its own")
            portals.append(portal)
        except _Fault as fault:
            faults.append((line, str(fault)))
    if faults:
        (line, message), others = faults[0], [str(other) for other, _ in faults[1:]]
        more = f" (also to correct: line{'s' * (len(others) > 1)} {', '.join(others)})" if others else ""
        raise RegistryError(f"{file}:{line}: {message}{more}")
    if not portals:
        raise RegistryError(f"{file}:1: there is no portal in it; add a line with id, name and url")
    return portals


def with_groups(path: Path | None, groups: Mapping[str, str]) -> str:
    """The text of a registry (by default our own) with its groups by portal id; all other cells are as they were."""
    file = PORTALS if path is None else Path(path)
    rows = [row for row in csv.reader(io.StringIO(_read(file), newline="")) if any(cell.strip() for cell in row)]
    header = [cell.strip().lower() for cell in rows[0]]
    if "group" not in header:
        header.append("group")
        rows[0].append("group")
    at = header.index("group")
    for row in rows[1:]:
        row.extend([""] * (len(header) - len(row)))
        row[at] = groups.get(row[header.index("id")].strip(), row[at])
    text = io.StringIO(newline="")
    csv.writer(text, lineterminator="\n").writerows(rows)
    return text.getvalue()


def hosts(portal: Portal) -> set[str]:
    """Where a portal may be reached: host:port of its front page and of its columns.

    >>> sorted(hosts(Portal("a", "甲县人民政府", "http://www.a.gov.cn/")))
    ['a.gov.cn:443', 'a.gov.cn:80', 'www.a.gov.cn:443', 'www.a.gov.cn:80']
    >>> hosts(Portal("b", "乙县人民政府", "http://127.0.0.1:8041/"))
    {'127.0.0.1:8041'}

    Portals send http to https and a bare name to www or back, so these twins are the same
    place. A port that is written out has no twin.
    """
    places: set[str] = set()
    for url in (portal.url, *portal.columns):
        parts = urlsplit(url)
        host = (parts.hostname or "").rstrip(".")
        port = parts.port or _DEFAULT_PORTS[parts.scheme]
        names = {host} if _is_address(host) or "." not in host else {host, _www_twin(host)}
        ports = set(_DEFAULT_PORTS.values()) if port == _DEFAULT_PORTS[parts.scheme] else {port}
        places.update(f"{name}:{number}" for name in names for number in ports)
    return places


class _Fault(Exception):
    """What is wrong with one line, and what to do. Raised and caught in this module."""


def _read(file: Path) -> str:
    try:
        content = file.read_bytes()
    except FileNotFoundError:
        raise RegistryError(f"{file}: there is no such file; give a CSV file with the columns id, name and url") from None
    except IsADirectoryError:
        raise RegistryError(f"{file}: this is a folder; give the CSV file itself") from None
    except (OSError, ValueError) as error:
        # ValueError: a path with a null character in it
        reason = getattr(error, "strerror", None) or error
        raise RegistryError(f"{file}: cannot be read ({reason}); check its name and permissions") from None
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        raise RegistryError(f"{file}:{line}: this is not UTF-8; save the file as “CSV UTF-8”") from None
    if not text.strip():
        raise RegistryError(f"{file}:1: the file is empty; begin it with the line {','.join(_COLUMNS)}")
    return text


def _rows(file: Path, text: str) -> Iterator[tuple[int, dict[str, str] | None]]:
    """The number of its first line and the cells by column, for each row; None for a row longer than the header."""
    reader = csv.reader(io.StringIO(text, newline=""))
    header: list[str] | None = None
    while True:
        line = reader.line_num + 1
        try:
            row = next(reader)
        except StopIteration:
            return
        except csv.Error as error:
            raise RegistryError(f"{file}:{line}: cannot be read as CSV ({error}); check its quotes") from None
        cells = [cell.strip() for cell in row]
        if not any(cells):
            continue
        if header is None:
            header = _header(file, line, cells)
        elif any(cells[len(header) :]):
            yield line, None
        else:
            yield line, dict(zip(header, cells, strict=False))


def _header(file: Path, line: int, cells: list[str]) -> list[str]:
    header = [cell.lower() for cell in cells]
    missing = [name for name in _REQUIRED if name not in header]
    if missing:
        raise RegistryError(
            f"{file}:{line}: the header has no column {', '.join(missing)}; "
            f"write it as {','.join(_COLUMNS)}, separated by commas"
        )
    twice = [name for name in _COLUMNS if header.count(name) > 1]
    if twice:
        raise RegistryError(f"{file}:{line}: the header names the column {twice[0]} twice; leave one")
    return header


def _portal(line: int, cells: dict[str, str] | None) -> Portal:
    if cells is None:
        raise _Fault("there are more cells than the header has columns; put a value that holds commas in quotes")
    for name in _REQUIRED:
        if not cells.get(name):
            raise _Fault(f"{name} is missing; id, name and url are needed in every line")
    if not _ID_RE.fullmatch(cells["id"]):
        raise _Fault(
            f"id {cells['id']!r} cannot name a folder; use up to 100 letters a-z, digits, dots and hyphens, "
            "a letter or digit first and last"
        )
    _check_url("url", cells["url"])
    division = cells.get("division") or None
    if division and not _DIVISION_RE.fullmatch(division):
        raise _Fault(f"division {division!r} is no code of GB/T 2260; write 2 to 9 digits, or nothing")
    columns = tuple(dict.fromkeys(cells.get("column_url", "").split()))
    _check_urls("column_url", columns)
    return Portal(cells["id"], cells["name"], cells["url"], division, cells.get("level") or None, columns, line, cells.get("group") or None)


def _check_urls(name: str, urls: Iterable[str]) -> None:
    for url in urls:
        _check_url(name, url)


def _check_url(name: str, url: str) -> None:
    try:
        parts = urlsplit(url)
        host, port = parts.hostname, parts.port
    except ValueError:
        raise _Fault(f"{name} {url!r} is no web address; write it as http://www.example.gov.cn/") from None
    if parts.scheme not in _DEFAULT_PORTS:
        raise _Fault(f"{name} {url!r} does not begin with http:// or https://; write the whole address")
    if not host or not host.strip(".") or port == 0 or any(c.isspace() or not c.isprintable() for c in url):
        raise _Fault(f"{name} {url!r} names no host; write it as http://www.example.gov.cn/")


def _is_address(host: str) -> bool:
    try:
        ip_address(host)
    except ValueError:
        return False
    return True


def _www_twin(host: str) -> str:
    return host.removeprefix("www.") if host.startswith("www.") else f"www.{host}"
