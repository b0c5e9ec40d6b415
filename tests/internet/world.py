"""What each host of the virtual internet is: its name, its address, its temper, its pages.

Everything follows from a host's number, so that the server, the resolver and the judge agree without speaking.
Two hosts in five stand on platforms that share an address, as counties do on their province's; the others have
an address each. Some are slow, and some are ill in one of the ways that real ones are.
"""

from __future__ import annotations

import csv
import json
import random
from dataclasses import asdict, dataclass
from functools import cache
from pathlib import Path

ZONE = ".gov.test"
#: hosts in a thousand, by temper; the rest is fast
TEMPERS = {
    "slow": 80,  # two seconds for each answer
    "silent": 30,  # takes the connection and never answers
    "refusing": 30,  # nobody listens
    "broken": 40,  # 500 for every page
    "shut": 30,  # robots.txt answers 503: stay away
    "patient": 40,  # asks for a Crawl-delay
    "looping": 30,  # redirects in a circle
    "soft": 40,  # what its list promises is “not here”, with status 200
    "cut": 30,  # hangs up in the middle of the report
    "nameless": 20,  # its name does not exist
    "mute": 10,  # its name server does not answer
}
#: tempers that give their report
GIVING = frozenset({"fast", "slow", "patient"})
#: seconds
SLOW, CRAWL_DELAY = 2.0, 2.5
_PLATFORM = 0.4
_SYLLABLES = "云岭清泉安澜白鹭明湖青溪石桥柳林松河梅园竹山枫亭兰江荷塘桂坪杏庄桐城榆关槐镇杨店柏沟"


@dataclass(frozen=True)
class World:
    """`hosts` hosts on `port`, some ill unless `faults` is false; of `platform` neighbours two in five share an address."""

    hosts: int
    port: int
    faults: bool = True
    platform: int = 20

    @classmethod
    def load(cls, path: Path) -> World:
        return cls(**json.loads(path.read_text("utf-8")))

    def save(self, path: Path) -> None:
        path.write_text(json.dumps(asdict(self)), "utf-8")

    def temper(self, number: int) -> str:
        """How a host behaves."""
        if not self.faults:
            return "fast"
        left = random.Random(number * 7919).randrange(1000)
        for temper, share in TEMPERS.items():
            left -= share
            if left < 0:
                return temper
        return "fast"

    def address(self, number: int) -> str:
        """Its address in 127.0.0.0/8; hosts of one platform have the same."""
        shared = random.Random(number * 104_729).random() < _PLATFORM
        block, at = (65, number // self.platform) if shared else (128, number)
        return f"127.{block + (at >> 16)}.{at >> 8 & 255}.{at & 255}"

    def url(self, number: int) -> str:
        port = 1 if self.temper(number) == "refusing" else self.port
        return f"http://{host_name(number)}:{port}/"

    def write_registry(self, path: Path) -> None:
        """The registry of all portals, as `-a portals=` takes it."""
        with path.open("w", encoding="utf-8", newline="") as file:
            out = csv.writer(file)
            out.writerow(("id", "name", "url", "division"))
            for number in range(self.hosts):
                out.writerow((host_name(number).partition(".")[0], government(number), self.url(number), ""))


def host_name(number: int) -> str:
    """
    >>> host_name(17)
    'h000017.gov.test'
    """
    return f"h{number:06}{ZONE}"


def number_of(host: str) -> int | None:
    """The number of a host of ours, also with www before it; None for any other."""
    name = host.removeprefix("www.")
    digits = name[1 : -len(ZONE)]
    return int(digits) if name.endswith(ZONE) and name.startswith("h") and digits.isdigit() else None


def government(number: int) -> str:
    base = len(_SYLLABLES)
    return "".join(_SYLLABLES[number // base**place % base] for place in (2, 1, 0)) + "县人民政府"


def report_path(number: int) -> str:
    return f"/zfxxgk/nb/202301/t20230118_{number}.html"


@cache
def _report() -> str:
    from crawler.demo import compose_report

    return compose_report(form="2021", organ="某某某县人民政府", year=2022).html


def page(number: int, path: str) -> bytes | None:
    """What stands at a path of a host in good health; None when nothing does."""
    name = government(number)
    if path == "/":
        body = f"<title>{name}</title><h1>{name}</h1><ul><li><a href='/zfxxgk/nb/'>政府信息公开工作年度报告</a></ul>"
    elif path == "/zfxxgk/nb/":
        title = f"{name}2022年政府信息公开工作年度报告"
        body = f"<title>政府信息公开年报</title><ul><li><a href='{report_path(number)}'>{title}</a><span>2023-01-18</span></ul>"
    elif path == report_path(number):
        body = f"<title>{name}2022年政府信息公开工作年度报告</title>" + _report().replace("某某某县人民政府", name)
    else:
        return None
    return f"<!doctype html><html><head><meta charset='utf-8'></head><body>{body}</body></html>".encode()


SOFT_404 = "<!doctype html><html><head><meta charset='utf-8'><title>提示</title></head><body><p>您访问的页面不存在或已被删除！</p></body></html>".encode()
