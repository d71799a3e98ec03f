"""What carries the state of one supervisor to the code that takes its place."""

from __future__ import annotations

import os

import pytest

from resolver.edge.sealed_memory import fixed_memory, sealed_memory
from resolver.edge.supervision.handover import VARIABLE, Bag, Handed, HandOverFault


def test_what_is_packed_comes_out_and_nothing_can_change_it() -> None:
    """Descriptors keep their numbers; they are inherited by the next program, and by no child after it."""
    bag = Bag()
    read, write = os.pipe()
    sealed = bag.seal({"sockets": {"a": bag.keep(read)}, "words": ["児童"]})
    with pytest.raises(OSError):
        os.write(sealed, b"x")
    bag.inheritable(on=True)
    assert os.get_inheritable(read)
    assert os.get_inheritable(sealed)
    environment = {VARIABLE: str(sealed), "OTHER": "1"}
    handed = Handed.of(environment)
    assert handed is not None
    assert (handed["sockets"], handed["words"]) == ({"a": read}, ["児童"])
    assert not os.get_inheritable(read)
    assert environment == {"OTHER": "1"}
    with pytest.raises(OSError):
        os.fstat(sealed)  # it was read once and is gone
    os.close(read)
    os.close(write)


def test_an_exec_that_failed_is_taken_back() -> None:
    """Nothing stays inheritable for the children to come, and what was said is forgotten."""
    bag = Bag()
    read, write = os.pipe()
    bag.keep(read)
    sealed = bag.seal({})
    bag.inheritable(on=True)
    bag.inheritable(on=False)
    assert not os.get_inheritable(read)
    bag.forget()
    with pytest.raises(OSError):
        os.fstat(sealed)
    bag.inheritable(on=False)
    os.close(read)
    os.close(write)
    Bag().forget()


def test_an_ordinary_start_has_nothing() -> None:
    """No variable, no hand-over."""
    assert Handed.of({}) is None


@pytest.mark.parametrize("content", [b'{"handover": 99, "fds": []}', b'{"fds": []}', b"[]", b"not json"])
def test_what_cannot_be_gone_on_from_is_refused(content: bytes) -> None:
    """Another version's, or something else altogether."""
    with pytest.raises(HandOverFault):
        Handed.of({VARIABLE: str(sealed_memory(content))})


@pytest.mark.parametrize("value", ["", "x", "-1", "1048575"])
def test_a_variable_set_by_hand_is_refused(value: str) -> None:
    """It names no sealed memory."""
    with pytest.raises(HandOverFault, match=VARIABLE):
        Handed.of({VARIABLE: value})


def test_memory_that_could_change_is_refused() -> None:
    """Only what is sealed."""
    fd = fixed_memory(10)
    with pytest.raises(HandOverFault):
        Handed.of({VARIABLE: str(fd)})
    os.close(fd)
