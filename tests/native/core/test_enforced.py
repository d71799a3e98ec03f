"""The lists in force in C: what is decided, answered and marked for every question as Python's policy would."""

from __future__ import annotations

from typing import Any

import dns.message
import dns.rdatatype
import pytest

import native
from resolver.core.answer import Answer, positive
from resolver.core.newcomers import Newcomers
from resolver.core.policy import Course, decide
from tests.native.paths import ADDRESS, NEEDS_NATIVE, Path, path_with
from tests.resolver.core.world import image_of, index_with

pytestmark = NEEDS_NATIVE

NAMES = (
    "listed.example",
    "www.listed.example",
    "free.listed.example",
    "below.free.listed.example",
    "all.example",
    "test.example",
    "new.example",
    "old.example",
    "two.example",
    "both.example",
    "_443._https.two.example",
    "example",
    ".",
)
TYPES = ("A", "AAAA", "HTTPS", "SVCB", "MX", "DS", "DNSKEY", "TXT")
ONE = image_of(
    ["listed.example"],
    ["both.example"],
    exempt=["free.listed.example", "two.example"],
    all_types=["all.example"],
    test=["test.example"],
    fresh=["new.example"],
)
TWO = image_of(["both.example", "two.example"], fresh=["fresh.example"], list_id="two")
INDEX = index_with(ONE, TWO)
VIEWS = ((0, 1), (1, 0), (1,), ())
BLOCKED, KEPT = 7, 9
EVENT = 60


def verdict(view: int, number: int, kind: int) -> Answer:
    """A template that says whose it is."""
    return positive(1, 30, bytes([BLOCKED, view, number, kind]))


def enforcing(view: int, generation: int = 1) -> Path:
    """A path under the index, with a template for each place."""
    path = Path(view=view)
    path.c.enforce(generation, INDEX.tables, INDEX.clock_offset, VIEWS)
    for at, numbers in enumerate(VIEWS):
        for number in numbers:
            for kind in range(3):
                put_verdict(path, at, number, kind)
    return path


def put_verdict(path: Path, view: int, number: int, kind: int) -> None:
    """Put a template; A queries have an event."""
    made = verdict(view, number, kind)
    image = made.flags, made.rcode, made.counts, made.sections, made.options
    path.c.put_verdict(view, number, kind, *image, path.counters.layout.blocks * (kind == 0))


def query_of(name: str, rtype: str) -> Any:
    """The packet and its key under view 0."""
    packet = dns.message.make_query(name, rtype).to_wire()
    return packet, packet[12:] + b"\0"


@pytest.mark.parametrize("rtype", TYPES)
@pytest.mark.parametrize("view", range(len(VIEWS)))
def test_a_question_is_decided_as_by_the_policy(view: int, rtype: str) -> None:
    """Blocked ones get the template of the list that blocks; of all others nothing is known here."""
    index = INDEX.only({("demo", "two")[number] for number in VIEWS[view]})
    index._choose(VIEWS[view])
    for name in NAMES:
        path, (packet, key) = enforcing(view), query_of(name, rtype)
        decision = decide(index, key[:-5], dns.rdatatype.from_text(rtype), 0.0)
        answer = path.ask(packet)
        service = name.startswith("_") and rtype in ("HTTPS", "SVCB")
        if decision.course is Course.BLOCK and decision.match and not service:
            kind = {"A": 0, "AAAA": 1}.get(rtype, 2)
            assert answer.endswith(verdict(view, decision.match.list_number, kind).sections)
            assert path.cells[path.counters.layout.blocks] == (rtype == "A" and not decision.match.test)
        else:
            assert answer is None


@pytest.mark.parametrize("generation", [1, 0], ids=["of this list", "of the list before"])
@pytest.mark.parametrize("rtype", TYPES)
def test_what_is_kept_is_served_unless_this_list_says_otherwise(rtype: str, generation: int) -> None:
    """Decided under this list it is served; else only what is open or exempt, and a use of what is blocked is none."""
    for name in NAMES:
        path, (packet, key) = enforcing(0), query_of(name, rtype)
        path.keep(key, positive(1, 30, bytes([KEPT])), generation=generation, restampable=True)
        course = decide(INDEX, key[:-5], dns.rdatatype.from_text(rtype), 0.0).course
        answer, uses = path.ask(packet), path.c.take_uses(key)
        service = name.startswith("_") and rtype in ("HTTPS", "SVCB")
        if generation == 1 or (course in (Course.OPEN, Course.EXEMPT) and not service):
            assert (answer[-1], uses) == (KEPT, 1)
        elif course is Course.BLOCK and not service:
            assert (answer[-4], uses) == (BLOCKED, 0)
        else:
            assert (answer, uses) == (None, 0)


def test_fresh_entries_are_marked_as_in_python() -> None:
    """Only while somebody watches; each list's hits in its own word, self-tests never."""
    memory = memoryview(bytearray(Newcomers.size(INDEX.fresh_counts, 2)))
    marker = Newcomers(memory, INDEX.fresh_counts).marker(1)
    path = enforcing(0)
    asked = ("new.example", "www.new.example", "fresh.example", "listed.example", "test.example")
    for watched in (False, True, False):
        path.c.watch(*((marker.marks, marker.hits) if watched else (None, None)), marker.firsts)
        for name in asked:
            assert path.ask(query_of(name, "MX" if name == "none" else "A")[0])
    assert (marker.marks.tolist(), marker.hits.tolist()) == ([1, 1], [2, 1])
    path.c.watch(marker.marks, marker.hits, marker.firsts)
    path.c.enforce(2, INDEX.tables, INDEX.clock_offset, VIEWS)
    put_verdict(path, 0, 0, 0)
    assert path.ask(query_of("new.example", "A")[0])
    assert marker.hits.tolist() == [2, 1]  # another list: nobody has said where its marks are


def test_an_entry_that_expired_is_none() -> None:
    """From its last moment on what is kept of an older list is served again."""
    path, (packet, key) = enforcing(0), query_of("listed.example", "A")
    path.keep(key, positive(1, 30, bytes([KEPT])), generation=0, restampable=True)
    match = INDEX.match(key[:-5], 0.0)
    assert match is not None
    end = match.not_after - INDEX.clock_offset
    assert path.ask(packet, now=end - 1)[-4] == BLOCKED
    assert path.ask(packet, now=end)[-1] == KEPT


def test_without_a_template_python_answers() -> None:
    """A new list begins without any: a miss changes nothing."""
    path = Path()
    path.c.enforce(1, INDEX.tables, INDEX.clock_offset, VIEWS)
    assert path.ask(query_of("listed.example", "A")[0]) is None
    assert not any(path.cells)


@pytest.mark.parametrize(
    ("arguments", "fault"),
    [
        ((1, INDEX.tables, 0.0, [[2]]), ValueError),
        ((1, INDEX.tables, 0.0, [[-1]]), ValueError),
        ((1, INDEX.tables, 0.0, [[0, 1, 0]]), ValueError),
        ((1, INDEX.tables, 0.0, [[]] * 65), ValueError),
        ((1, INDEX.tables * 600, 0.0, []), ValueError),
        ((1, INDEX.tables, float("nan"), [[]]), ValueError),
        ((1, ["table"], 0.0, [[]]), TypeError),
        ((1, INDEX.tables, 0.0, [["x"]]), TypeError),
        (("1", INDEX.tables, 0.0, [[]]), TypeError),
        ((1, INDEX.tables, 0.0), TypeError),
    ],
)
def test_what_cannot_be_enforced_leaves_the_list_before(arguments: Any, fault: type[Exception]) -> None:
    """A fault in any argument is said, and the list in force goes on."""
    path = enforcing(0)
    with pytest.raises(fault):
        path.c.enforce(*arguments)
    assert path.ask(query_of("listed.example", "A")[0])


@pytest.mark.parametrize("place", [(4, 0, 0), (0, 2, 0), (0, 0, 3), (-1, 0, 0)])
def test_a_template_needs_a_place(place: tuple[int, int, int]) -> None:
    """View, list and kind must be there."""
    with pytest.raises(ValueError, match=r"range|in force"):
        put_verdict(enforcing(0), *place)


def test_marks_must_fit_the_lists() -> None:
    """Too few bytes, words or places: nobody watches."""
    path = enforcing(0)
    marks, hits = memoryview(bytearray(2)), memoryview(bytearray(16)).cast("Q")
    for wrong in (
        (marks[:1], hits, (0, 1)),
        (marks, hits[:1], (0, 1)),
        (marks, hits, (0,)),
        (marks, hits, (0, 2**64 - 1)),
    ):
        with pytest.raises(ValueError, match="do not fit"):
            path.c.watch(*wrong)
    assert path.ask(query_of("new.example", "A")[0])
    assert not any(marks)


def test_there_is_no_list_before_the_first() -> None:
    """A path that nobody told of lists leaves it to Python."""
    path = path_with(Path().counters)
    assert native.MODULE is not None
    path.remember(0, ADDRESS, native.MODULE.Client())
    assert path.answer(query_of("listed.example", "A")[0], ADDRESS, path.open_door(0, 0), 0.0, 0) is None
