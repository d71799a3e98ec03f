"""Suspensions and what ends them."""

from __future__ import annotations

from blocklist.publish.master.statements import Kind, Statement
from blocklist.publish.review.suspension import last_suspensions, mark
from tests.blocklist.publish.support import NOW


def suspend(signature: bytes, item: str = "01X") -> Statement:
    return Statement(item, Kind.SUSPEND, "carol", NOW, {"code": "doubt"}, signature)


def resume(editor: str, of: Statement) -> Statement:
    return Statement(of.item, Kind.RESUME, editor, NOW, {"suspension": mark(of)}, b"r")


def test_two_different_editors_end_a_suspension() -> None:
    """The same one twice is one."""
    first = suspend(b"1" * 64)
    for words, stands in ((["alice"], True), (["alice", "alice"], True), (["alice", "bob"], False)):
        found = last_suspensions([first, *(resume(editor, first) for editor in words)])["01X"]
        assert found.in_force(2) is stands


def test_a_word_about_an_earlier_suspension_does_not_end_a_later_one() -> None:
    """Nor one about another entry, nor one that came before."""
    first, second, other = suspend(b"1" * 64), suspend(b"2" * 64), suspend(b"3" * 64, "01Y")
    said = [resume("bob", second), first, resume("alice", first), second, other]
    said += [resume("alice", first), resume("bob", second)]
    assert list(last_suspensions(said)["01X"].resumed) == ["bob"]
    assert last_suspensions(said)["01Y"].in_force(2)
