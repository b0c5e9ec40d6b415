"""`scrapy portal`: what it says about a portal, and how it keeps a registry."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

from crawler.discovery.survey import survey, write_survey
from tests.portals import STYLES, build, visit
from tests.portals.server import serve

ROOT = Path(__file__).resolve().parents[1]


def portal(*args: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run([sys.executable, "-m", "scrapy", "portal", *args], cwd=ROOT, capture_output=True, text=True, timeout=60)


def test_a_portal_is_looked_at_added_and_checked_again(tmp_path: Path) -> None:
    file = tmp_path / "portals.csv"
    with serve(build(STYLES["trs"](), "kinds", irrelevant=24, years=range(2021, 2025))) as (served,):
        file.write_text(f"id,name,url,column_url,note\nother,乙县人民政府,http://b.gov.cn/,,\"by hand, once\"\nqx,青溪县人民政府,{served.url}/,{served.url}/old/nb/,\n", encoding="utf-8")
        seen = portal(f"{served.url}/", "--add", str(file))
        fetched = {hit[2] for hit in served.hits if "/t20" in hit[2]}
    assert seen.returncode == 0, seen.stderr
    assert "trs" in seen.stdout and "44 report pages" in seen.stdout and "/old/nb/ leads to no reports" in seen.stdout
    lines = file.read_text(encoding="utf-8").splitlines()
    assert lines[1] == 'other,乙县人民政府,http://b.gov.cn/,,"by hand, once"'
    assert lines[2] == f"qx,青溪县人民政府,{served.url}/,{served.url}/nb/,"
    assert len(fetched) <= 3


def test_a_site_without_a_column_is_no_success_and_leaves_the_registry_alone(tmp_path: Path) -> None:
    county = build(STYLES["trs"](), "flat", irrelevant=24, years=range(2024, 2024))
    file = tmp_path / "new.csv"
    with serve(county) as (served,):
        seen = portal(f"{served.url}/", "--add", str(file))
    assert seen.returncode == 12 and "none found" in seen.stdout
    assert not file.exists()


def test_what_is_no_address_is_refused_in_one_line() -> None:
    seen = portal("not-a-portal")
    assert seen.returncode == 4 and len(seen.stderr.strip().splitlines()) == 1
    assert "Traceback" not in seen.stderr


def test_the_survey_names_the_system_and_what_speaks_for_it() -> None:
    seen = visit(build(STYLES["vsb"](), "flat", irrelevant=24, years=range(2022, 2024)))
    found = survey(seen.account)
    assert found.family == "vsb" and found.reports == 22
    assert any("/info/" in mark for mark in found.marks)
    assert "县教育局" in write_survey(found)
