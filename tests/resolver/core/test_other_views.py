"""What is kept for one view, taken over by another."""

from __future__ import annotations

from ipaddress import ip_network

import pytest
from attrs import evolve

from resolver.core.config import ViewConfig
from tests.resolver.core.world import CLIENT, CONFIG, World, bogus, ede, index_of, parsed, question, records, text

pytestmark = pytest.mark.usefixtures("twin")

MAIL, WEST = "127.0.0.2", "127.0.0.3"
VIEWS = evolve(
    CONFIG,
    views=(
        ViewConfig((ip_network(MAIL),)),
        ViewConfig((ip_network(WEST),), lists=(evolve(CONFIG.lists[0], notice_v4=bytes([192, 0, 2, 77])),)),
    ),
)
ALIAS = records("an www.open.example. 60 CNAME www.blk.example.", "an www.blk.example. 60 A 192.0.2.9")


def world() -> World:
    return World(ALIAS, VIEWS, index_of(["blk.example"]))


def test_the_newest_of_all_other_views_is_taken() -> None:
    """An old answer of one view does not hide a younger one of another."""
    place = world()
    place.ask("www.open.example", host=MAIL)
    place.pass_time(61)
    place.ask("www.open.example", host=WEST)
    place.pass_time(10)
    answer = place.ask("www.open.example", host=CLIENT)
    assert text(answer) == ["an www.open.example. 30 IN A 192.0.2.1"]
    assert text(place.ask("www.open.example", host=MAIL))[0].startswith("an www.open.example. 50 IN CNAME")
    assert len(place.sent) == 2


@pytest.mark.parametrize("has_failed", [False, True])
def test_an_old_answer_of_another_view_serves_while_nobody_answers(has_failed: bool) -> None:
    """As this view decides it (row 22): after a wait, or at once where asking has failed before."""
    place = world()
    if has_failed:
        place.upstream = records("servfail")
        assert place.ask("www.open.example", host=WEST).rcode() == 2
        place.upstream = ALIAS
        place.pass_time(6)
    place.ask("www.open.example", host=MAIL)
    place.pass_time(61)
    place.upstream = lambda query: None
    answers = dict[str, bytes | None]()
    for host in (MAIL, WEST):
        asked = question("www.open.example")
        answers[host] = place.forwarder.receive_query(asked, host, place.door(), host, place.now)
        place.pump()
    assert [answer is None for answer in answers.values()] == [True, not has_failed]
    place.pass_time(VIEWS.limits.stale_wait + 0.1)
    mail, west = (parsed(answer or place.late[host][0]) for host, answer in answers.items())
    assert (ede(mail), text(mail)[0]) == ([3], "an www.open.example. 30 IN CNAME www.blk.example.")
    assert (ede(west), text(west)) == ([4], ["an www.open.example. 30 IN A 192.0.2.77"])


def test_what_is_too_old_is_not_taken() -> None:
    """A day after its end it is nothing."""
    place = World(ALIAS, evolve(VIEWS, stale=100), index_of(["blk.example"]))
    place.ask("www.open.example", host=MAIL)
    place.pass_time(161)
    place.upstream = records("servfail")
    assert place.ask("www.open.example", host=CLIENT).rcode() == 2


def test_what_was_found_bogus_is_not_taken_over_as_an_old_answer() -> None:
    """Nor asked again before its failure is forgotten: an old answer of another view changes neither."""
    place = world()
    place.ask("www.open.example", host=MAIL)
    place.pass_time(61)
    place.upstream = bogus(6)
    for _ in range(3):
        assert place.ask("www.open.example", host=WEST).rcode() == 2
        place.pass_time(1)
    assert len(place.sent) == 2
