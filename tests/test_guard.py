"""The resolver hands out public addresses only, whatever the spelling and whenever the answer changes.

Nothing is dialled and no name server is asked: the resolver behind the guard is a table.
"""

from types import SimpleNamespace

import pytest
from scrapy.settings import Settings
from twisted.internet.address import IPv4Address, IPv6Address

from crawler.resolver import GlobalOnlyResolver, is_public, local_places, read_address

PUBLIC = "202.106.0.20"

LOOPBACK_SPELLINGS = [
    "127.0.0.1", "127.1", "127.0.1", "2130706433", "0x7f000001", "0x7f.0.0.1", "0177.0.0.1", "017700000001",
    "127.0.0.1.", "0", "0.0.0.0", "::1", "[::1]", "::ffff:127.0.0.1", "[::ffff:7f00:1]", "::127.0.0.1", "::",
    "64:ff9b::7f00:1", "2002:7f00:1::", "１２７.0.0.1",
]  # fmt: skip
LOCAL_NAMES = ["localhost", "LOCALHOST", "localhost.", "a.localhost", "localhost.localdomain", "printer.local"]
INNER_SPELLINGS = [
    "10.0.0.1", "172.16.0.1", "192.168.1.1", "169.254.169.254", "0xa9fea9fe", "2852039166", "100.64.0.1", "198.18.0.1",
    "224.0.0.1", "255.255.255.255", "240.0.0.1", "fe80::1", "fe80::1%eth0", "fc00::1", "fd00:ec2::254",
]  # fmt: skip


class Table:
    """A name resolver that answers from a table, and remembers what it was asked."""

    def __init__(self, **answers):
        self.answers = answers
        self.asked = []

    def resolveHostName(self, receiver, name, port=0, types=None, transport="TCP"):
        self.asked.append(name)
        receiver.resolutionBegan(None)
        for address in self.answers.get(name.replace(".", "_"), [name] if name[:1].isdigit() else []):
            kind = IPv6Address if ":" in address else IPv4Address
            receiver.addressResolved(kind("TCP", address, port))
        receiver.resolutionComplete()


class Receiver:
    def __init__(self):
        self.addresses, self.complete = [], False

    def resolutionBegan(self, resolution):
        pass

    def addressResolved(self, address):
        self.addresses.append(address.host)

    def resolutionComplete(self):
        self.complete = True


def resolve(guard, host, port=80):
    receiver = Receiver()
    guard.resolveHostName(receiver, host, port)
    assert receiver.complete
    return receiver.addresses


@pytest.mark.parametrize("host", LOOPBACK_SPELLINGS + LOCAL_NAMES + INNER_SPELLINGS)
def test_an_inner_address_is_refused_in_every_spelling_and_nobody_is_asked(host):
    table = Table()
    guard = GlobalOnlyResolver(table, lambda: ["http://www.example.gov.cn/"])
    assert resolve(guard, host) == []
    assert table.asked == []
    assert "not on the public internet" in guard.refused[host]


def test_a_public_address_and_a_public_name_pass():
    guard = GlobalOnlyResolver(Table(www_example_gov_cn=[PUBLIC]), list)
    assert resolve(guard, "www.example.gov.cn") == [PUBLIC]
    assert resolve(guard, PUBLIC) == [PUBLIC]
    assert guard.refused == {}


def test_a_name_that_resolves_to_an_inner_address_is_refused():
    guard = GlobalOnlyResolver(Table(rebind_example_com=["192.168.0.1"], mapped_example_com=["::ffff:10.0.0.1"]), list)
    assert resolve(guard, "rebind.example.com") == []
    assert resolve(guard, "mapped.example.com") == []
    assert "192.168.0.1" in guard.refused["rebind.example.com"]


def test_an_answer_that_changes_is_looked_at_each_time():
    table = Table(flip_example_com=[PUBLIC])
    guard = GlobalOnlyResolver(table, list)
    assert resolve(guard, "flip.example.com") == [PUBLIC]
    table.answers["flip_example_com"] = ["127.0.0.1"]
    assert resolve(guard, "flip.example.com") == []


def test_only_the_public_part_of_a_mixed_answer_passes():
    guard = GlobalOnlyResolver(Table(mixed_example_com=["127.0.0.1", PUBLIC]), list)
    assert resolve(guard, "mixed.example.com") == [PUBLIC]


def test_a_portal_registered_on_loopback_is_reached_at_that_host_and_port_only():
    guard = GlobalOnlyResolver(Table(), lambda: ["http://127.0.0.1:8001/index.html"])
    assert resolve(guard, "127.0.0.1", 8001) == ["127.0.0.1"]
    assert resolve(guard, "127.0.0.1", 8002) == []
    assert resolve(guard, "127.0.0.2", 8001) == []
    assert resolve(guard, "2130706433", 8001) == []
    assert resolve(guard, "localhost", 8001) == []


def test_a_portal_registered_on_localhost_gets_loopback_addresses_only():
    table = Table(localhost=["127.0.0.1", "10.0.0.1"])
    guard = GlobalOnlyResolver(table, lambda: ["http://localhost:8001/"])
    assert resolve(guard, "localhost", 8001) == ["127.0.0.1"]


def test_a_name_in_the_registry_does_not_open_the_intranet():
    guard = GlobalOnlyResolver(Table(www_example_gov_cn=["10.0.0.1"]), lambda: ["http://www.example.gov.cn/"])
    assert resolve(guard, "www.example.gov.cn") == []


def test_the_metadata_address_cannot_be_registered():
    assert local_places(["http://169.254.169.254/", "http://0.0.0.0/", "http://[fe80::1]/"]) == frozenset()


def test_a_broken_url_of_a_portal_opens_nothing():
    assert local_places(["http://127.0.0.1:port/", "http://[::1", "", "ftp://127.0.0.1/"]) <= {("127.0.0.1", 0)}


@pytest.mark.parametrize("name", ["www.gov.cn", "360.cn", "1.example.com", "xn--55qx5d.cn", ""])
def test_a_name_is_not_taken_for_an_address(name):
    assert read_address(name) is None


def test_the_portals_are_those_of_the_process_that_runs_the_spiders():
    spider = SimpleNamespace(portals=[SimpleNamespace(url="http://127.0.0.1:8001/")])
    process = SimpleNamespace(settings=Settings(), crawlers=[SimpleNamespace(spider=spider)])
    installed = []
    reactor = SimpleNamespace(installNameResolver=installed.append, getThreadPool=None)
    guard = GlobalOnlyResolver.from_crawler(process, reactor)
    guard.install_on_reactor()
    assert installed == [guard]
    assert list(guard._portal_urls()) == ["http://127.0.0.1:8001/"]


def test_every_public_range_is_not_a_private_one():
    from ipaddress import ip_address

    assert is_public(ip_address(PUBLIC))
    assert is_public(ip_address("2400:3200::1"))
