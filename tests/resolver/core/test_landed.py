"""Entries of answers that C serves: the same as those made at once, made when they are looked at."""

from __future__ import annotations

import pytest

from resolver.core.codes import HEADER_BYTES
from resolver.core.plain import read_plain
from resolver.core.ruling import Ruler
from tests.resolver.core.world import CONFIG, Reply, World, question, records

SOA = "ns example. 40 SOA ns.example. mail.example. 1 2 3 4 30"
RESPONSES: dict[str, Reply] = {
    "address": records("an n.example. 300 A 192.0.2.9", "ad"),
    "two lives": records("an n.example. 300 A 192.0.2.9", "ns n.example. 20 NS ns.example."),
    "long life": records("an n.example. 900000 A 192.0.2.9"),
    "no such name": records("nxdomain", SOA),
    "no data": records(SOA),
}


@pytest.mark.parametrize("name", RESPONSES)
def test_it_is_the_entry_that_would_have_been_made_at_once(name: str) -> None:
    """Answer, TTLs as time passes, and end: equal, whichever is looked at first."""
    import dns.message

    query = question("n.example")
    response = RESPONSES[name](dns.message.from_wire(query))
    assert isinstance(response, dns.message.Message)
    data, end = response.to_wire(), query.index(b"\0\0\1\0\1", HEADER_BYTES) + 5
    plain = read_plain(data, query, query[HEADER_BYTES:end])
    assert plain is not None
    ruler = Ruler(CONFIG, World().counters.layout)
    whole, _ = ruler.entry_for_plain(plain, True, 1000.0, 0)
    for look in (0, 1, 5):
        late = ruler.landed(plain[0], int(whole.until - whole.stored), True, 1000.0)
        assert (late.until, late.due, late.stands, late.kept) == (whole.until, 1001.0, True, plain[0])
        if look:
            late.age(1000.0 + look)
            whole.age(1000.0 + look)
        assert (late.answer.flags, late.answer.rcode, late.answer.counts) == (
            whole.answer.flags,
            whole.answer.rcode,
            whole.answer.counts,
        )
        assert late.answer.sections == whole.answer.sections
        assert late.due == whole.due


def test_what_no_entry_has_is_said_to_be_missing() -> None:
    """Only what is made late is made."""
    entry = Ruler(CONFIG, World().counters.layout).landed(question("n.example"), 9, False, 0.0)
    with pytest.raises(AttributeError):
        _ = entry.nothing  # type: ignore[attr-defined]
