"""The division of a registry among machines: whole, stable, and never through a platform."""

from dataclasses import replace
from random import Random

import pytest
from scrapy.utils.test import get_crawler

from crawler.registry import Portal, load_registry
from crawler.shards import Shard, choose, learn_groups, read_shard, shard_keys
from crawler.spiders.county_portals import CountyPortals


def portal(id, url, *columns, group=None):
    return Portal(id, f"{id}县人民政府", url, columns=columns, group=group)


@pytest.mark.parametrize("count", [1, 2, 3, 8])
def test_every_portal_of_our_registry_is_in_exactly_one_shard(count):
    portals = load_registry()
    shards = [choose(portals, Shard(number, count)) for number in range(1, count + 1)]
    assert sorted(p.id for shard in shards for p in shard) == sorted(p.id for p in portals)


def test_the_shards_of_our_registry_are_of_like_size():
    portals = load_registry()
    sizes = [len(choose(portals, Shard(number, 8))) for number in range(1, 9)]
    assert max(sizes) < 2 * min(sizes)


def test_the_order_of_the_registry_and_portals_elsewhere_change_nothing():
    portals = load_registry()
    before = {p.id for p in choose(portals, Shard(2, 5))}
    shuffled = [*portals, portal("new", "http://www.newcounty.gov.cn/")]
    Random(7).shuffle(shuffled)
    assert {p.id for p in choose(shuffled, Shard(2, 5))} - {"new"} == before


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (portal("a", "http://www.a.gov.cn/"), portal("b", "http://zwgk.a.gov.cn:8080/")),
        (portal("a", "http://www.a.gov.cn/", "http://xxgk.p.gov.cn/1"), portal("b", "http://www.b.gov.cn/", "http://www.p.gov.cn/2")),
        (portal("a", "http://www.a.gov.cn/", group="p"), portal("b", "http://www.b.gov.cn/", group="p")),
        (portal("a", "http://192.0.2.7/"), portal("b", "http://192.0.2.7:8080/")),
    ],
)
def test_portals_that_share_a_domain_a_platform_or_an_address_stay_together(one, other):
    keys = shard_keys([one, other])
    assert keys["a"] == keys["b"]


def test_portals_are_joined_by_way_of_others():
    keys = shard_keys(
        [
            portal("a", "http://www.a.gov.cn/", group="x"),
            portal("b", "http://www.b.gov.cn/", group="y"),
            portal("c", "http://www.a.gov.cn/c", "http://www.b.gov.cn/c"),
            portal("d", "http://www.d.gov.cn/"),
        ]
    )
    assert keys["a"] == keys["b"] == keys["c"] == "group x" != keys["d"]


def test_a_suffix_under_which_anybody_has_a_name_joins_nobody():
    keys = shard_keys([portal("a", "http://www.a.gov.cn/"), portal("b", "http://www.b.gov.cn/"), portal("c", "http://c.cn/")])
    assert len(set(keys.values())) == 3


def test_what_journals_tell_of_shared_addresses_becomes_groups_that_keep_portals_together():
    portals = [portal(name, f"http://www.{name}.gov.cn/") for name in "abcd"]
    journals = [{"shared_addresses": {"www.b.gov.cn": "www.a.gov.cn"}}, {"shared_addresses": {"www.c.gov.cn": "www.b.gov.cn"}}, {}]
    groups = learn_groups(portals, journals)
    assert groups.keys() == {"a", "b", "c"} and len(set(groups.values())) == 1
    keys = shard_keys([replace(p, group=groups.get(p.id)) for p in portals])
    assert keys["a"] == keys["b"] == keys["c"] != keys["d"]


def test_a_group_that_the_registry_gives_stays():
    portals = [portal("a", "http://www.a.gov.cn/"), portal("b", "http://www.b.gov.cn/", group="province")]
    assert learn_groups(portals, [{"shared_addresses": {"www.b.gov.cn": "www.a.gov.cn"}}]) == {"a": "province", "b": "province"}


@pytest.mark.parametrize("text", ["", "3", "0/8", "9/8", "3/0", "a/b", "-1/3", "1/3/4"])
def test_what_is_no_shard_is_refused_in_one_line(text):
    with pytest.raises(ValueError, match="such as 3/8"):
        read_shard(text)


def test_the_spider_crawls_its_shard_alone_and_knows_the_registry(tmp_path):
    registry = tmp_path / "portals.csv"
    lines = [f"p{n},第{n}县人民政府,http://www.p{n}.gov.cn/,{'west' if n % 2 else 'east'}" for n in range(12)]
    registry.write_text("id,name,url,group\n" + "\n".join(lines), "utf-8")
    spiders = [CountyPortals.from_crawler(get_crawler(settings_dict={"ARCHIVE_DIR": str(tmp_path / "home")}), portals=str(registry), shard=f"{n}/17") for n in shards_of(registry)]
    assert sorted(p.id for spider in spiders for p in spider.portals) == sorted(f"p{n}" for n in range(12))
    assert {len(spider.portals) for spider in spiders} == {6} and {len(spider.registered) for spider in spiders} == {12}


def test_an_empty_shard_is_named(tmp_path):
    registry = tmp_path / "portals.csv"
    registry.write_text("id,name,url\na,甲县人民政府,http://www.a.gov.cn/\n", "utf-8")
    (own,) = shards_of(registry)
    with pytest.raises(ValueError, match="no portal of the registry is in"):
        CountyPortals(portals=str(registry), shard=f"{own % 17 + 1}/17")


def shards_of(registry):
    portals = load_registry(registry)
    return [number for number in range(1, 18) if choose(portals, Shard(number, 17))]
