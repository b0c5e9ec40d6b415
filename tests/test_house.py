"""Who may import whom: parsers and archive are leaves, the crawler is the only hub."""

import ast
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
ROOMS = {"parsers", "archive", "crawler", "tests"}
NEVER = {
    "parsers": {"scrapy", "twisted", "socket", "urllib.request", "http.client", "sqlite3", "warcio", "time", "requests", "aiohttp"},
    "archive": {"scrapy", "twisted", "lxml", "trafilatura", "urllib.request", "http.client", "requests", "aiohttp"},
}


def imports(path):
    tree = ast.parse(path.read_text(encoding="utf-8"))
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and not node.level and node.module:
            yield node.module
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


def modules(room):
    return [path for path in (ROOT / room).rglob("*.py") if (ROOT / "archive" / "data") not in path.parents]


@pytest.mark.parametrize("room", ["parsers", "archive"])
def test_a_leaf_knows_no_other_room_and_no_network(room):
    for path in modules(room):
        for name in imports(path):
            top = name.split(".")[0]
            assert top == room or top not in ROOMS, f"{path.relative_to(ROOT)} imports {name}"
            assert name not in NEVER[room] and top not in NEVER[room], f"{path.relative_to(ROOT)} imports {name}"


def test_the_crawler_does_not_import_its_tests():
    for path in modules("crawler"):
        assert not any(name.split(".")[0] == "tests" for name in imports(path)), path


def test_no_room_is_called_after_nothing():
    for room in ("parsers", "archive", "crawler"):
        for path in modules(room):
            assert path.stem not in {"utils", "helpers", "base", "common", "misc"}, path


def test_the_archive_that_is_imported_is_ours():
    code = "import archive, parsers; print(archive.__file__); print(parsers.__file__)"
    out = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True).stdout.split()
    assert [Path(line).parent.parent for line in out] == [ROOT, ROOT]


def test_parsers_read_without_scrapy_being_loaded():
    code = "import sys; from parsers import Page, read_report; read_report(Page(b'<p>x</p>')); print('scrapy' in sys.modules)"
    out = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True).stdout
    assert out.strip() == "False"
