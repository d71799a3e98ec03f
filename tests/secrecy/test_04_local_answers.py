"""Statement 4: whoever asks for the address of a listed name is answered here, and no upstream hears of it.

So over every transport, with every flag and spelling, cached or not, whatever becomes of upstreams, settings, list and
processes meanwhile. What does go upstream goes without anything of the client: other types of a listed name, names that
only lead to a listed one, exempt names, and all names for clients of a view without the list.
"""

from __future__ import annotations

import os
import signal
import socket
import time
from collections.abc import Iterator

import dns.edns
import dns.flags
import dns.message
import dns.rcode
import pytest
from attrs import evolve

from resolver.core.config import ForwardSet, UpstreamConfig, ViewConfig
from tests.resolver.core.world import CONFIG, TABLE, World, index_of, records
from tests.secrecy.local_world import (
    CORP,
    EXEMPT,
    LISTED,
    Asker,
    LocalWorld,
    flag_sets,
    is_policy,
    wait_for,
)
from tests.support.asking import query
from tests.support.listbody import entry
from tests.support.transports import EVERY

TYPES = ("A", "AAAA", "HTTPS", "SVCB")
OTHER_TYPES = ("TXT", "MX", "NS", "SOA", "CAA", "SRV", "TYPE65280")
SPELLINGS = (
    f"a.{LISTED}",
    f"A.{LISTED}".upper(),
    "MiXed.bLk.ExAmPlE",
    f"{'x' * 63}.{LISTED}",
    f"{'.'.join(['y' * 60] * 3)}.{'z' * 50}.{LISTED}",
    f"xn--wgv71a.{LISTED}",
    f"\\255\\000\\007.{LISTED}",
    f"with\\ space.{LISTED}",
    f"dot\\.inside.{LISTED}",
    f"_8443._https.{LISTED}",
    f"*.{LISTED}",
    LISTED,
)
OPTIONS = (
    dns.edns.ECSOption("203.0.113.77", 32),
    dns.edns.CookieOption(b"cookie-1", b""),
    dns.edns.GenericOption(dns.edns.OptionType.NSID, b""),
    dns.edns.GenericOption(12, bytes(7)),
    dns.edns.GenericOption(65001, b"marker-option"),
)


def questions() -> Iterator[dns.message.Message]:
    """Every type in every spelling, plain; one of each type with every flag, EDNS and option."""
    for rdtype in TYPES:
        for name in SPELLINGS:
            yield query(name, rdtype)
        for number, flags in enumerate(flag_sets()):
            yield query(f"f{number}.{LISTED}", rdtype, flags=flags, edns=False)
            message = query(f"g{number}.{LISTED}", rdtype, flags=flags, do=bool(number % 2))
            message.use_edns(0, ednsflags=dns.flags.DO if number % 2 else 0, options=list(OPTIONS))
            yield message


@pytest.mark.daemon
@pytest.mark.xdist_group("secrecy-local")
@pytest.mark.parametrize("transport", EVERY)
def test_not_one_packet_goes_upstream(local_world: LocalWorld, transport: str) -> None:
    """Each question twice, so that the second answer is a kept one; no upstream hears of anything new."""
    before = local_world.heard()
    for message in questions():
        for _ in range(2):
            answer = local_world.clients.exchange(message.to_wire(), transport)
            assert answer is not None and dns.message.from_wire(answer).rcode() == dns.rcode.NOERROR, message
            if message.question[0].rdtype == 1:
                assert is_policy(answer), message
    assert local_world.heard() == before


@pytest.mark.daemon
@pytest.mark.xdist_group("secrecy-local")
def test_what_is_no_proper_question_goes_nowhere(local_world: LocalWorld) -> None:
    """Other classes, two questions, strange opcodes, versions and rubbish behind the question, with a listed name."""
    good = query(f"odd.{LISTED}").to_wire()
    two = good[:4] + b"\0\2" + good[6:12] + 2 * good[12:-11] + good[-11:]
    odd = [query(f"odd.{LISTED}", rdclass=each).to_wire() for each in ("CH", "HS", "ANY", "NONE")]
    odd += [two, good + b"rubbish", good[:2] + b"\x29\0" + good[4:], good[:-6] + b"\7" + good[-5:], good[:-20]]
    before = local_world.heard()
    for wire in odd:
        for transport in ("udp", "tcp"):
            local_world.clients.exchange(wire, transport, 0.3)
    assert local_world.heard() == before


@pytest.mark.daemon
@pytest.mark.xdist_group("secrecy-local")
def test_that_packets_are_seen_at_all(local_world: LocalWorld) -> None:
    """Positive control: a name that is not listed is seen, over each transport."""
    for transport in EVERY:
        name = local_world.new_name("open.example")
        local_world.ask(name, "A", transport)
        assert name in local_world.upstream.names()


@pytest.mark.daemon
@pytest.mark.xdist_group("secrecy-local")
def test_the_first_moments_are_like_all_others(local_world: LocalWorld) -> None:
    """Asked without pause from before the start: nothing but policy answers came, and nothing listed went upstream."""
    asker = local_world.first_moments
    assert all(asker.answered.values()) and asker.wrong == []
    assert local_world.listed_upstream() == []


@pytest.mark.daemon
@pytest.mark.xdist_group("secrecy-local")
@pytest.mark.parametrize("state", ["fine", "slow", "silent"])
def test_whatever_upstreams_do(local_world: LocalWorld, state: str) -> None:
    """While they are fine, slow or silent, and other questions wait for them; about health only the root is asked."""
    world = local_world
    before = len(world.upstream.queries)
    world.upstream.is_slow, world.upstream.is_silent = state == "slow", state == "silent"
    try:
        for _ in range(8):  # silent: enough to call it down, so that its health is looked at
            world.clients.exchange(query(world.new_name("open.example")).to_wire(), "udp", 0.3)
        with Asker(world) as asker:
            asker.goes_on()
            asker.goes_on()
    finally:
        world.upstream.is_slow = world.upstream.is_silent = False
    assert asker.wrong == []
    asked = world.upstream.names()[before:]
    assert asked and {name.rpartition("open.example")[1] or name for name in asked} <= {"open.example", "."}
    wait_for(lambda: bool(world.daemon.status()["upstreams"][0]["up"]), "the upstream is up again")


@pytest.mark.daemon
@pytest.mark.xdist_group("secrecy-local")
@pytest.mark.parametrize("change", ["reload", "kill", "list", "restart"])
def test_whatever_changes(local_world: LocalWorld, change: str) -> None:
    """While settings, workers, list and the resolver itself are replaced, no other answer and no packet."""
    world = local_world
    with Asker(world) as asker:
        asker.goes_on()
        if change == "reload":
            assert world.daemon.command(change).returncode == 0
        elif change == "kill":
            os.kill(world.daemon.children("worker")[0].pid, signal.SIGKILL)
        elif change == "list":
            world.entries.append(entry(world.new_name("more.example")))
            world.body.publish(world.entries)
            version = world.body.body.version
            wait_for(lambda: world.daemon.status()["lists"][0]["version"] == version, "the new list")
        else:
            assert world.daemon.stop() == 0
            world.daemon.start()
        asker.goes_on()
    assert asker.wrong == []
    assert world.listed_upstream() == []


@pytest.mark.daemon
@pytest.mark.xdist_group("secrecy-local")
def test_a_name_that_becomes_listed_is_asked_no_more(local_world: LocalWorld) -> None:
    """It was answered by the upstream, kept and in use; from the moment the list has it no packet has its name."""
    world = local_world
    name = f"short-{world.new_name('later.example')}"
    for _ in range(3):
        world.ask(name)
    world.entries.append(entry(name))
    world.body.publish(world.entries)
    wait_for(lambda: is_policy(world.ask(name).to_wire()), "the listing")
    asked = world.upstream.names().count(name)
    for _ in range(15):  # past the end of what was kept: one second
        assert is_policy(world.ask(name).to_wire())
        world.clients.exchange(query(world.new_name("open.example")).to_wire(), "udp", 2)
        time.sleep(0.1)
    assert world.upstream.names().count(name) == asked


@pytest.mark.daemon
@pytest.mark.xdist_group("secrecy-local")
@pytest.mark.parametrize("rdtype", OTHER_TYPES)
@pytest.mark.parametrize("transport", EVERY)
def test_other_types_go_upstream_without_anything_of_the_client(
    local_world: LocalWorld, rdtype: str, transport: str
) -> None:
    """With one OPT of our own and no option in it: no client subnet, no cookie, nothing the client sent."""
    world, name = local_world, local_world.new_name()
    world.permitted.append(name)
    message = query(name, rdtype)
    message.use_edns(0, options=list(OPTIONS), payload=4096)
    assert world.clients.exchange(message.to_wire(), transport) is not None
    assert world.upstream.names().count(name) == 1
    assert_ours(world.upstream.queries[world.upstream.names().index(name)])


def assert_ours(sent: bytes) -> None:
    """The question, flags and an OPT of our own are all there is."""
    read = dns.message.from_wire(sent)
    assert (read.edns, read.options, read.payload) == (0, (), 1232)
    assert not (read.answer or read.authority or read.additional)
    assert b"marker-option" not in sent and b"cookie-1" not in sent and socket.inet_aton("203.0.113.77") not in sent


@pytest.mark.daemon
@pytest.mark.xdist_group("secrecy-local")
def test_an_alias_is_resolved_before_it_can_be_known(local_world: LocalWorld) -> None:
    """Documented: the name that leads to a listed one was asked upstream, the listed one never; it is blocked."""
    world = local_world
    name = f"alias-{world.new_name('open.example')}"
    for _ in range(2):
        assert is_policy(world.ask(name).to_wire())
    assert world.upstream.names().count(name) == 1
    assert f"target.{LISTED}" not in world.upstream.names()


@pytest.mark.daemon
@pytest.mark.xdist_group("secrecy-local")
@pytest.mark.parametrize("transport", EVERY)
def test_forwarded_zones_go_never_before_the_list(local_world: LocalWorld, transport: str) -> None:
    """A listed name in a zone with servers of its own: neither these nor the others hear of it; its neighbours do."""
    world = local_world
    before = world.heard()
    for rdtype in TYPES:
        world.ask(world.new_name(CORP), rdtype, transport)
    assert world.heard() == before
    open_name = world.new_name("corp.example")
    world.ask(open_name, "A", transport)
    assert open_name in world.corp.names() and open_name not in world.upstream.names()


@pytest.mark.daemon
@pytest.mark.xdist_group("secrecy-local")
def test_an_exempt_name_goes_upstream(local_world: LocalWorld) -> None:
    """The ISP's own decision, in its audit file: such a question is forwarded like any other, without its options."""
    world, exempt = local_world, local_world.new_name(EXEMPT)
    message = query(exempt)
    message.use_edns(0, options=list(OPTIONS))
    answer = world.clients.exchange(message.to_wire(), "udp")
    assert answer is not None and not is_policy(answer)
    assert_ours(world.upstream.queries[world.upstream.names().index(exempt)])


# --- exactly, on the core with a virtual clock -------------------------------------------------------------


def sent_names(world: World) -> list[str]:
    return [dns.message.from_wire(each.data).question[0].name.to_text().lower() for each in world.sent]


@pytest.mark.parametrize("listed", [True, False])
def test_nothing_is_asked_early_or_again_once_a_name_is_listed(listed: bool) -> None:
    """Kept and in use, then listed: neither renewal nor an end of its time asks for it, as both do where it is not."""
    world = World(records("an later.example. 60 A 198.51.100.1"))
    for _ in range(5):
        world.ask("later.example")
    assert sent_names(world) == ["later.example."]
    world.forwarder.set_index(index_of(["later.example"] if listed else []), 2)
    for second in range(400):  # through the time it is renewed, past its end, and through a day of old answers
        address = world.ask("later.example").answer[0][0].to_text()
        assert address == ("192.0.2.1" if listed else "198.51.100.1")
        world.pass_time(300 if second > 90 else 1)
    assert (sent_names(world) == ["later.example."]) == listed


def test_an_upstream_that_is_down_is_asked_for_the_root_alone() -> None:
    """While only listed names are asked, whatever is sent to look after an upstream has no name in it."""
    world = World(lambda _query: None)
    for number in range(10):
        world.raw(query(f"open{number}.example").to_wire())
        world.pass_time(5)
    del world.sent[:]
    for number in range(50):
        world.ask(f"n{number}.blk.example")
        world.pass_time(1)
    assert set(sent_names(world)) == {"."}


@pytest.mark.parametrize("cache", [True, False])
def test_without_a_cache_and_with_forwarded_zones(cache: bool) -> None:
    """Where nothing is kept every question is decided anew, and still none is sent."""
    config = evolve(
        CONFIG,
        cache_enabled=cache,
        upstreams=(UpstreamConfig("one", trust_ad=True), UpstreamConfig("two", trust_ad=True)),
        recursors=1,
        forward=(ForwardSet(("blk.example",), (1,)),),
    )
    world = World(config=config, index=TABLE)
    for _ in range(3):
        for rdtype in TYPES:
            world.ask("www.blk.example", rdtype)
    assert world.sent == []


def test_a_view_without_lists_is_the_only_one_that_asks() -> None:
    """What its clients had looked up is not served to those who meet the list, and does not make them ask."""
    view = ViewConfig(networks=(), places=frozenset({"127.0.0.1:54"}), lists=())
    world = World(records("an www.blk.example. 60 A 198.51.100.1"), config=evolve(CONFIG, views=(view,)))
    assert world.ask("www.blk.example", place="127.0.0.1:54").answer[0][0].to_text() == "198.51.100.1"
    assert world.ask("www.blk.example").answer[0][0].to_text() == "192.0.2.1"
    assert sent_names(world) == ["www.blk.example."]
