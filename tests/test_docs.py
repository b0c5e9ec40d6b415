"""The documents say what is so: their commands run, their links lead somewhere, what they name is in the code.

How blocks of README.md and docs/ are marked:

    console   lines that begin with `$ ` are run, in order, against one small crawl of the demo portals; what they
              print is not compared. `# exit status 12` behind a command says what it ends with, if not with 0.
              Of `make …` only the target is looked up; `make crawl` is what was run before. `source` is what the tests
              stand in already.
    python    run in order, in one namespace a document, where the commands were run
    r         run where Rscript is installed
    toml csv  examples, read by the tests at the end of this file
    text      output, or commands that need the network: not run
"""

from __future__ import annotations

import argparse
import ast
import inspect
import json
import os
import re
import shutil
import subprocess
import sys
from dataclasses import dataclass
from functools import cache
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path

import pytest
from scrapy.settings import Settings, default_settings

import crawler.settings
from crawler.dataset.codebook import codebook_markdown
from crawler.status import Status
from parsers.form import load_forms
from parsers.model import Cell, Division, Finding, Report, Section
from parsers.record import build_record

ROOT = Path(__file__).resolve().parent.parent
DOCS = [ROOT / "README.md", *sorted((ROOT / "docs").rglob("*.md"))]
#: Documents whose blocks are run. What needs a server, a cluster or a browser is tested where that lives.
RUN = ["README.md", *(f"docs/guides/{name}.md" for name in ("researcher", "journalist", "assessor", "archivist", "operator")), "docs/extending.md"]
RECORD = ROOT / "docs" / "record.md"
EXTENDING = ROOT / "docs" / "extending.md"
BIN = Path(sys.executable).parent

_FENCE_RE = re.compile(r"^```(\w*)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
_STATUS_RE = re.compile(r"\s+# exit status (\d+)$")


@dataclass(frozen=True)
class Block:
    """A fenced block: its mark, its text, the line it begins on."""

    mark: str
    text: str
    line: int


def blocks(path: Path) -> list[Block]:
    text = path.read_text(encoding="utf-8")
    return [Block(m[1], m[2], text.count("\n", 0, m.start()) + 2) for m in _FENCE_RE.finditer(text)]


def commands(text: str) -> list[tuple[str, int]]:
    """The commands of a block, continued lines joined, each with the status it is to end with."""
    joined = text.replace("\\\n", " ")
    found = []
    for line in joined.splitlines():
        if line.startswith("$ "):
            status = _STATUS_RE.search(line)
            command = _STATUS_RE.sub("", line[2:]).split("   #")[0]
            found.append((command, int(status[1]) if status else 0))
    return found


def names(paths: list[Path]) -> list[str]:
    return [path.relative_to(ROOT).as_posix() for path in paths]


# ------------------------------------------------------------------------- what is shown runs


@pytest.fixture(scope="module")
def place(demo_ports, tmp_path_factory):
    """A folder as a checkout looks to a reader, its data home holding one crawl of the demo portals."""
    folder = tmp_path_factory.mktemp("docs")
    home = folder / "archive" / "data"
    (folder / "scrapy.cfg").write_text("[settings]\ndefault = docs_settings\n")
    (folder / "docs_settings.py").write_text(f"from crawler.settings import *\nARCHIVE_DIR = {str(home)!r}\n")
    recipe = re.search(r"^crawl:.*\n\t(.+)$", (ROOT / "Makefile").read_text(), re.MULTILINE)
    assert recipe, "make crawl is gone"
    _CRAWL[:] = [start(recipe[1].replace("$(BIN)/", ""), folder)]
    return folder


#: How `make crawl` ended, for the test that asks.
_CRAWL: list[subprocess.CompletedProcess[str]] = []


def start(command: str, folder: Path) -> subprocess.CompletedProcess[str]:
    env = os.environ | {
        "PATH": f"{BIN}{os.pathsep}{os.environ['PATH']}",
        "PYTHONPATH": os.pathsep.join((str(folder), str(ROOT))),
        "SCRAPY_SETTINGS_MODULE": "docs_settings",
        "PYTHONDONTWRITEBYTECODE": "1",
    }
    return subprocess.run(["bash", "-c", command], cwd=folder, env=env, capture_output=True, text=True, timeout=120)


def run(command: str, folder: Path, status: int = 0) -> str:
    done = start(command, folder)
    assert done.returncode == status, f"{command}: exit status {done.returncode}\n{done.stdout[-2000:]}\n{done.stderr[-2000:]}"
    return done.stdout


_DONE: set[tuple[str, int]] = set()


def run_once(command: str, folder: Path, status: int) -> None:
    """What one document showed need not be run again for another."""
    if (command, status) not in _DONE:
        run(command, folder, status)
        _DONE.add((command, status))


def test_make_crawl_ends_well(place):
    assert _CRAWL[0].returncode == 0, _CRAWL[0].stdout[-3000:]


@pytest.mark.parametrize("name", RUN)
def test_what_a_document_shows_runs(name, place, monkeypatch):
    path = ROOT / name
    found = blocks(path)
    imported = {word for block in found if block.mark == "python" for word in re.findall(r"^(?:import|from) (\w+)", block.text, re.MULTILINE)}
    if lacking := sorted(word for word in imported if find_spec(word) is None):
        pytest.skip(f"not installed: {', '.join(lacking)}")
    monkeypatch.chdir(place)
    monkeypatch.setenv("MPLBACKEND", "Agg")
    namespace: dict[str, object] = {"__name__": "__docs__"}
    for block in found:
        if block.mark == "console":
            for command, status in commands(block.text):
                if command.startswith("make "):
                    assert re.search(rf"^{command.split()[1]}:", (ROOT / "Makefile").read_text(), re.MULTILINE), command
                elif not command.startswith("source "):
                    run_once(command, place, status)
        elif block.mark == "python":
            exec(compile("\n" * (block.line - 1) + block.text, path, "exec"), namespace)
        elif block.mark == "r" and shutil.which("Rscript"):
            script = place / "example.R"
            script.write_text(block.text, encoding="utf-8")
            run("Rscript --vanilla example.R", place)


@pytest.mark.parametrize("path", DOCS, ids=names(DOCS))
def test_a_block_says_what_it_is(path):
    for block in blocks(path):
        assert block.mark, f"{path.name}:{block.line}: a block without a mark"
        if block.mark == "json":
            for line in block.text.splitlines() if block.text.count("\n{") else [block.text]:
                json.loads(line)


# ------------------------------------------------------------------- what is named is there


def prose_and_code(path: Path) -> str:
    return path.read_text(encoding="utf-8")


@pytest.mark.parametrize("path", DOCS, ids=names(DOCS))
def test_links_and_pictures_lead_somewhere(path):
    text = _FENCE_RE.sub("", prose_and_code(path))
    for target in re.findall(r"\]\(([^)\s]+)\)", text):
        if "://" in target or target.startswith("mailto:"):
            continue
        file, _, anchor = target.partition("#")
        goal = (path.parent / file).resolve() if file else path
        assert goal.exists(), f"{path.name}: {target}"
        if anchor and goal.suffix == ".md":
            heads = re.findall(r"^#+ (.+)$", goal.read_text(encoding="utf-8"), re.MULTILINE)
            assert anchor in {re.sub(r"[^\w\- ]", "", head.lower()).strip().replace(" ", "-") for head in heads}, f"{path.name}: {target}"


@pytest.mark.parametrize("path", DOCS, ids=names(DOCS))
def test_files_of_the_house_that_are_named_exist(path):
    for name in re.findall(r"`((?:crawler|parsers|tests|archive|docs)/[\w./*-]+?)`", prose_and_code(path)):
        if name.startswith(("archive/data", "crawler/dataset/xml")):
            continue
        assert any(ROOT.glob(name.rstrip("/"))), f"{path.name}: {name}"


@pytest.mark.parametrize("path", DOCS, ids=names(DOCS))
def test_settings_that_are_named_exist(path):
    text = prose_and_code(path)
    given = set(re.findall(r"-s ([A-Z][A-Z_0-9]+)=", text)) | set(re.findall(r"`([A-Z]+(?:_[A-Z0-9]+)+)(?:=[^`]*)?`", text))
    for name in given:
        known = hasattr(crawler.settings, name) or hasattr(default_settings, name) or name.startswith(("PLAYWRIGHT_", "SPIDERMON_"))
        assert known or name in _elsewhere(), f"{path.name}: {name}"


@cache
def _elsewhere() -> str:
    """Names that are no settings by default: in code that asks for them, or in files for servers (variables of the environment)."""
    asked = "\n".join(text for path in code() for text in strings(path) if text.isupper())
    return asked + "".join(path.read_text(encoding="utf-8") for path in (ROOT / "docs" / "deploy").rglob("*") if path.is_file())



def _module_of(command: str) -> str | None:
    found = [path.stem for path in (ROOT / "crawler" / "commands").glob("[a-z]*.py") if path.stem.replace("_", "-") == command]
    return found[0] if found else None


def options_of(command: str) -> set[str]:
    module = import_module(f"crawler.commands.{_module_of(command)}")
    from scrapy.commands import ScrapyCommand

    (kind,) = [
        value for _, value in inspect.getmembers(module, inspect.isclass)
        if issubclass(value, ScrapyCommand) and value.__module__ == module.__name__
    ]  # fmt: skip
    made = kind()
    made.settings = Settings()
    parser = argparse.ArgumentParser()
    made.add_options(parser)
    return {option for action in parser._actions for option in action.option_strings}


@pytest.mark.parametrize("path", DOCS, ids=names(DOCS))
def test_commands_and_options_that_are_shown_exist(path):
    from crawler.spiders.county_portals import CountyPortals

    arguments = set(inspect.signature(CountyPortals.__init__).parameters)
    for line in re.findall(r"(?<![\w/])scrapy ([a-z][a-z-]+[^`\n]*)", prose_and_code(path)):
        command, _, rest = line.partition(" ")
        if _module_of(command) is None:
            continue
        known = options_of(command)
        for option in re.findall(r"(?<!\S)(--[a-z][\w-]*|-O)", rest):
            assert option in known, f"{path.name}: scrapy {command} {option}"
        for argument in re.findall(r"-a (\w+)=", rest):
            assert argument in arguments, f"{path.name}: -a {argument}"


def test_the_readme_names_every_command_and_every_exit_status():
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    for module in (ROOT / "crawler" / "commands").glob("[a-z]*.py"):
        assert f"scrapy {module.stem.replace('_', '-')}" in readme, module.name
    rows = {int(number) for number in re.findall(r"^\| (\d+) \|", readme, re.MULTILINE)}
    assert rows == {int(status) for status in Status}


# ---------------------------------------------------------------------------------- the record


def rows_of(path: Path, head: str) -> list[list[str]]:
    """The rows of all tables of a document whose first column has this head."""
    found, inside = [], False
    for line in path.read_text(encoding="utf-8").splitlines():
        cells = [cell.strip() for cell in line.strip("|").split(" | ")] if line.startswith("|") else []
        if not cells:
            inside = False
        elif cells[0].strip("| ") == head:
            inside = True
        elif inside and not set(cells[0]) <= set("-| "):
            found.append([cell.strip("| ") for cell in cells])
    return found


def fields_of(value: object, name: str = "") -> set[str]:
    """`source.url`, `cells[].key`: the names under which a record's values are documented."""
    if isinstance(value, dict) and value:
        return {field for key, entry in value.items() for field in fields_of(entry, f"{name}.{key}" if name else key)}
    if isinstance(value, list) and value and isinstance(value[0], dict):
        return {field for entry in value for field in fields_of(entry, f"{name}[]")}
    return {name}


def documented_fields() -> set[str]:
    return {row[0].strip("`") for row in rows_of(RECORD, "field")}


def test_every_field_of_a_record_is_documented(place):
    with (place / "archive" / "data" / "reports.jsonl").open(encoding="utf-8") as lines:
        found = {field for line in lines for field in fields_of(json.loads(line))}
    # What is empty in every record of the demo, filled in.
    report = Report(
        division=Division("500101", "万州区", ("title",)), metadata={"issuer": None}, sections=(Section("overview", "一、", ""),),
        cells=(Cell("k", None, "", "blank", "件", "line 1", derived=0, note="n"),), findings=(Finding("a.b", "notice", "m"),),
    )  # fmt: skip
    found |= fields_of(build_record(report, {}, "id"))
    assert found - {"division", "metadata", "sections", "cells", "findings"} - documented_fields() == set()


def test_no_field_is_documented_that_no_code_writes():
    constants = {text for path in code() for text in strings(path)}
    constants |= {name for kind in (Report, Cell, Finding, Section, Division) for name in kind.__dataclass_fields__}
    for field in documented_fields():
        assert field.split(".")[-1].removesuffix("[]") in constants, field


# -------------------------------------------------------------------------------- the findings

_CHECK_RE = re.compile(r"(?:requests|proceedings|disclosure|annex|cell|form|prose|year|organ|division|scope|source|text|media|parser)\.[a-z][a-z_0-9]*")
#: What looks like the id of a check in the code and is a file, or a cell.
_OTHER = {"prose.toml", "annex.c1"}


def code() -> list[Path]:
    rooms = [*(ROOT / "parsers").rglob("*.py"), *(ROOT / "crawler").rglob("*.py")]
    return [path for path in rooms if "demo" not in path.parts]


def strings(path: Path) -> set[str]:
    tree = ast.parse(path.read_text(encoding="utf-8"))
    return {node.value for node in ast.walk(tree) if isinstance(node, ast.Constant) and isinstance(node.value, str)}


def checks_of_the_code() -> set[str]:
    """Every id that code can raise: written out, made of a kind of page or a question to the panel, or a form's sum."""
    from crawler.dataset.panel import CHECKS
    from parsers.read import _KIND_CHECKS, _NOT_A_REPORT, _UNREADABLE

    written = {text for path in code() for text in strings(path) if _CHECK_RE.fullmatch(text) or text == "panel.copied_text"} - _OTHER
    kinds = {_KIND_CHECKS.get(kind, f"source.{kind}") for kind in _NOT_A_REPORT | _UNREADABLE}
    sums = {rule.check for form in load_forms().values() for rule in form.sums}
    return written | kinds | sums | {f"panel.{name}" for name in CHECKS}


def levels_of_the_code() -> set[tuple[str, str]]:
    """(check, level) wherever a Finding is made of two words written out."""
    found = set()
    for path in code():
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "Finding":
                words = [arg.value for arg in node.args[:2] if isinstance(arg, ast.Constant)]
                if len(words) == 2:
                    found.add((words[0], words[1]))
    return found


def documented_checks() -> dict[str, str]:
    return {row[0].strip("`"): row[1] for row in rows_of(RECORD, "finding")}


def test_every_finding_that_code_can_raise_is_documented_and_no_other():
    assert sorted(documented_checks()) == sorted(checks_of_the_code())


def test_the_levels_of_findings_are_as_documented(place):
    told = documented_checks()
    seen = levels_of_the_code()
    with (place / "archive" / "data" / "reports.jsonl").open(encoding="utf-8") as lines:
        seen |= {(finding["check"], finding["level"]) for line in lines for finding in json.loads(line)["findings"]}
    assert {(check, level) for check, level in seen if level not in told[check]} == set()


# -------------------------------------------------------------------------------- the codebook


def test_the_codebook_is_what_the_forms_give_today():
    written = (ROOT / "docs" / "codebook.md").read_text(encoding="utf-8")
    assert written == codebook_markdown(), "the forms have changed: make docs"


# ----------------------------------------------------------------------- what extends the house


def example(mark: str, word: str) -> str:
    """The block of docs/extending.md with this mark and this word in it."""
    (found,) = [block.text for block in blocks(EXTENDING) if block.mark == mark and word in block.text]
    return found


def test_the_portal_of_the_example_is_a_registry(tmp_path):
    from crawler.registry import load_registry

    path = tmp_path / "mine.csv"
    path.write_text(example("csv", "id,name"), encoding="utf-8")
    (portal,) = load_registry(path)
    assert portal.columns and portal.level == "county"


def test_the_family_of_the_example_knows_its_articles(tmp_path):
    from crawler.discovery.families import load_families
    from crawler.discovery.paging import STYLES

    path = tmp_path / "families.toml"
    path.write_text(example("toml", "[[family]]"), encoding="utf-8")
    (family,) = load_families(path).values()
    address = "http://www.example.gov.cn/gk/detail/2023/88.html"
    assert any(pattern.search(address) for pattern in family.articles)
    ((pattern, column),) = family.columns
    assert pattern.sub(column, address) == "http://www.example.gov.cn/gk/list/2023.html"
    assert set(family.paging) <= set(STYLES)


def test_the_form_of_the_example_reads_its_page(tmp_path):
    # In a process of its own: what has read the forms once keeps them.
    for path in (ROOT / "parsers" / "forms").glob("*.toml"):
        text = path.read_text(encoding="utf-8")
        (tmp_path / path.name).write_text(re.sub(r"^(years = \[\d+, )2099\]", r"\g<1>2026]", text, flags=re.MULTILINE), encoding="utf-8")
    (tmp_path / "2027.toml").write_text(example("toml", "notice = "), encoding="utf-8")
    (tmp_path / "page.html").write_text(example("html", "<table>"), encoding="utf-8")
    script = (
        "import json, pathlib, parsers.form\n"
        "parsers.form.FORMS_DIR = pathlib.Path('.')\n"
        "from parsers import Page, read_report\n"
        "from parsers.record import build_record\n"
        "record = build_record(read_report(Page(pathlib.Path('page.html').read_bytes())), {})\n"
        "print(json.dumps(record))"
    )
    done = subprocess.run(
        [sys.executable, "-c", script], cwd=tmp_path, env=os.environ | {"PYTHONPATH": str(ROOT)}, capture_output=True, text=True, check=True
    )
    record = json.loads(done.stdout)
    assert (record["form"], record["form_expected"], record["verdict"]) == ("2027", "2027", "flagged")
    assert {cell["key"]: cell["value"] for cell in record["cells"]}["disclosure.open_days.total"] == 5
    (finding,) = record["findings"]
    assert finding["check"] == "disclosure.row_total" and (finding["expected"], finding["found"]) == (2, 3)
