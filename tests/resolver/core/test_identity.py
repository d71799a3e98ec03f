"""Who this server says it is; whole answers are shown in test_reception.py."""

from __future__ import annotations

import pytest

from blocklist.names import to_wire
from resolver.core.identity import identity_answer


@pytest.mark.parametrize("name", ["id.server", "hostname.bind"])
def test_two_names_are_answered(name: str) -> None:
    """When there is something to say."""
    answer = identity_answer(to_wire(name), "ns1")
    assert answer is not None
    assert answer.counts == (1, 0, 0)
    assert identity_answer(to_wire(name), "") is None


def test_others_are_not() -> None:
    """The version least of all."""
    for name in ("version.bind", "version.server", "server", "x.id.server"):
        assert identity_answer(to_wire(name), "ns1") is None
