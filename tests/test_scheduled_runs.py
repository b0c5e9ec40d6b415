"""What docs/scheduling.md says to type, typed; and the egg that Scrapyd gets, run as Scrapyd runs it."""

import json
import os
import re
import shutil
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

from archive import Archive
from tests.test_crawl_command import PROJECT, Site, records, write_registry

GUIDE = PROJECT / "docs" / "scheduling.md"
DEPLOY = PROJECT / "docs" / "deploy"
#: Beginnings of lines that change the machine, need a network, or a server of Scrapyd. What they come to is tested below without it.
NOT_HERE = ("pip install", "sudo ", "python3 -m venv", "/opt/scrapyd/bin/", "cd /var/lib/scrapyd", "curl ")
SCRAPY = Path(sys.executable).parent


def commands():
    text = GUIDE.read_text("utf-8")
    return [line for block in re.findall(r"```sh\n(.*?)```", text, re.DOTALL) for line in block.splitlines() if line.strip()]


@pytest.fixture
def site():
    site = Site()
    yield site
    site.close()


def run(line, **environment):
    told = {**os.environ, "PATH": f"{SCRAPY}{os.pathsep}{os.environ['PATH']}", **environment}
    return subprocess.run(["/bin/sh", "-c", line], cwd=PROJECT, env=told, capture_output=True, text=True, timeout=100)


@pytest.mark.parametrize("line", [line for line in commands() if not line.startswith(NOT_HERE)])
def test_each_command_of_the_guide_runs(line, site, tmp_path):
    if line.startswith("systemd-analyze"):
        if shutil.which("systemd-analyze") is None:
            pytest.skip("no systemd-analyze: install systemd")
        # Where the units point at is somebody else's machine: here it is this checkout.
        for unit in ("gongkai.service", "gongkai.timer"):
            text = (DEPLOY / unit).read_text("utf-8").replace("/opt/gongkai/.venv/bin/scrapy", str(SCRAPY / "scrapy"))
            (tmp_path / unit).write_text(text.replace("/opt/gongkai", str(PROJECT)), "utf-8")
        ended = run(line.replace("docs/deploy/", f"{tmp_path}/"))
        assert (ended.returncode, ended.stderr) == (0, "")
        return
    home = tmp_path / "home"
    registry = write_registry(tmp_path, site.url)
    here = re.sub(r"/var/lib/gongkai|/tmp/gongkai-cron", str(home), line).replace("portals=demo", f"portals={registry}")
    for name, value in (("ARCHIVE_DIR=", f" -s ARCHIVE_DIR={home}"), ("portals=", f" -a portals={registry}")):
        if name not in here and not (name == "ARCHIVE_DIR=" and "crawl.sh" in here):
            here += value
    if "SPIDERMON_ENABLED" in here:
        pytest.importorskip("spidermon", reason="the package spidermon is not installed: pip install spidermon")
    ended = run(here)
    assert ended.returncode == 0, ended.stderr
    assert sorted(record["year"] for record in records(home)) == [2019, 2020]
    if "crawl.sh" in here:
        assert (ended.stdout, ended.stderr) == ("", "")
        (log,) = (home / "logs").iterdir()
        assert "2 reports (2 new)" in log.read_text("utf-8")


def test_cron_is_told_of_a_run_that_somebody_has_to_look_at_and_of_a_lock(site, tmp_path):
    home = tmp_path / "home"
    registry = write_registry(tmp_path, site.url)
    command = f"docs/deploy/crawl.sh {home} -a portals={registry}"
    site.answers["/nb/t2020.html"] = (503, {}, b"")
    failed = run(f"{command} -s RETRY_TIMES=0")
    assert failed.returncode == 12 and "ended with status 12" in failed.stdout and "HTTP 503" in failed.stdout
    with Archive.open(home, software="test", operator="test"):
        locked = run(command)
    assert locked.returncode == 75 and "another run has" in locked.stdout
    assert run("docs/deploy/crawl.sh").returncode == 2


def test_units_and_cron_say_the_same_and_only_options_that_exist():
    service, cron = (DEPLOY / "gongkai.service").read_text("utf-8"), (DEPLOY / "gongkai.cron").read_text("utf-8")
    (told,) = re.findall(r"^ExecStart=(.*)$", service, re.MULTILINE)
    names = re.findall(r"-s ([A-Z_]+)=", told)
    from crawler import settings

    assert names and all(hasattr(settings, name) for name in names)
    for line in (line for line in cron.splitlines() if "crawl.sh" in line and not line.startswith("#")):
        assert set(re.findall(r"-s \S+", line)) == {option for option in re.findall(r"-s \S+", told) if "ARCHIVE_DIR" not in option}
    months = {int(month) for when in re.findall(r"OnCalendar=.*?\*-([\d,]+)-", (DEPLOY / "gongkai.timer").read_text("utf-8")) for month in when.split(",")}
    assert months == set(range(1, 13))


@pytest.fixture(scope="module")
def egg(tmp_path_factory):
    folder = tmp_path_factory.mktemp("egg")
    source = folder / "source"
    source.mkdir()
    # In a copy: packing leaves its workings behind.
    for name in ("crawler", "parsers", "archive", "docs"):
        shutil.copytree(PROJECT / name, source / name, ignore=shutil.ignore_patterns("__pycache__", "data" if name == "archive" else ""))
    for name in ("setup.py", "pyproject.toml", "scrapy.cfg"):
        shutil.copy(PROJECT / name, source / name)
    packed = subprocess.run([sys.executable, "setup.py", "-q", "bdist_egg", "-d", str(folder)], cwd=source, capture_output=True, text=True)
    if packed.returncode and "license" in packed.stdout + packed.stderr:
        pytest.skip("setuptools before 77 cannot read the license in pyproject.toml: pip install 'setuptools>=77,<81'")
    assert packed.returncode == 0, packed.stderr
    (made,) = folder.glob("*.egg")
    return made


def test_the_egg_holds_every_table_and_template_and_no_evidence(egg):
    with zipfile.ZipFile(egg) as packed:
        names = set(packed.namelist())
        settings = packed.read("EGG-INFO/entry_points.txt").decode()
    assert "settings = gongkai_scrapyd" in settings
    data = {
        path.relative_to(PROJECT).as_posix()
        for top in ("crawler", "parsers", "archive")
        for path in (PROJECT / top).rglob("*")
        if path.is_file() and "__pycache__" not in path.parts and not path.is_relative_to(PROJECT / "archive" / "data")
    }
    assert len(data) > 150 and data - names == set()
    assert not [name for name in names if name.startswith(("archive/data", "tests"))]


def test_the_egg_crawls_as_scrapyd_runs_it_and_keeps_its_archive_outside(egg, site, tmp_path):
    registry = write_registry(tmp_path, site.url)
    work = tmp_path / "scrapyd"
    work.mkdir()
    # scrapyd.runner: the egg is put on the path, its entry point names the settings, and Scrapy is told the rest.
    code = "import sys; sys.path.insert(0, sys.argv.pop(1)); from scrapy.cmdline import execute; execute()"
    told = {**os.environ, "SCRAPY_SETTINGS_MODULE": "gongkai_scrapyd", "SCRAPY_PROJECT": "gongkai"}
    told.pop("PYTHONPATH", None)
    arguments = ["crawl", "county_portals", "-s", f"LOG_FILE={work / 'job.log'}", "-a", f"portals={registry}", "-a", "_job=1f", "-a", "limit=2"]
    for _ in range(2):
        ended = subprocess.run([sys.executable, "-c", code, str(egg), *arguments], cwd=work, env=told, capture_output=True, text=True, timeout=100)
        assert ended.returncode == 0, ended.stderr + (work / "job.log").read_text("utf-8")
    assert sorted(record["year"] for record in records(work / "gongkai-data")) == [2019, 2020]
    assert len(list((work / "gongkai-data" / "runs").iterdir())) == 2
    assert len(list((work / "gongkai-unpacked").iterdir())) == 1
    assert "partial (new)" in (work / "job.log").read_text("utf-8")
    assert json.loads((work / "gongkai-data" / "reports.jsonl").read_bytes().splitlines()[0])["source"]["portal"] == "p0"
