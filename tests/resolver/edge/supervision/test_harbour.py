"""Sockets made anew, or left by the code before."""

from __future__ import annotations

import os
import socket
from pathlib import Path

import pytest

from resolver.edge.supervision.harbour import CONTROL, Harbour, hint_name, http_name, left_by, slot_name
from resolver.edge.supervision.sockets import ListenFault, slot_sockets
from resolver.edge.supervision.tally import Labels, Tally
from resolver.edge.supervision.workers import Slot
from resolver.settings.addresses import Endpoint, Place
from tests.support.ports import free_port


def place(kind: str = "udp") -> Place:
    return Place(kind, Endpoint("127.0.0.1", free_port()))


def test_a_queue_outlives_the_change_of_code() -> None:
    """What waited in a slot's socket is read from the one that was taken over; what is not wanted is closed."""
    kept, dropped = place(), place("tcp")
    old = slot_sockets([kept, dropped])
    old.open()
    slot = Slot(0, old, Tally(Labels()).region())
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as client:
        client.sendto(b"waiting", (kept.endpoint.host, kept.endpoint.port))
    left = left_by([slot, Slot(1, None, slot.region)], os.dup)
    old.close()
    harbour = Harbour(left)
    assert (harbour.has_slot(0), harbour.has_slot(1)) == (True, False)
    harbour.check_free([kept])
    taken = harbour.slot(0, [kept], is_open=True)
    harbour.close()
    assert taken.listeners[0].socket.recv(100) == b"waiting"
    with pytest.raises(OSError):
        os.fstat(left[slot_name(0, dropped)])
    taken.close()


@pytest.mark.parametrize("kind", ["udp", "tcp"])
@pytest.mark.parametrize(("before", "after"), [("127.0.0.1", "0.0.0.0"), ("0.0.0.0", "127.0.0.1"), ("::1", "::")])
def test_our_own_address_may_grow_and_shrink(kind: str, before: str, after: str) -> None:
    """A wildcard is taken up while the address it holds is ours, and the other way round."""
    port = free_port()
    old = slot_sockets([Place(kind, Endpoint(before, port))])
    harbour = Harbour(left_by([Slot(0, old, Tally(Labels()).region())], os.dup))
    new = [Place(kind, Endpoint(after, port))]
    harbour.check_free(new)
    taken = harbour.slot(0, new, is_open=True)
    harbour.close()
    taken.close()
    old.close()


def test_the_same_port_of_another_address_is_looked_at() -> None:
    """That we hold the port elsewhere says nothing about it."""
    ours = place()
    old = slot_sockets([ours])
    harbour = Harbour(left_by([Slot(0, old, Tally(Labels()).region())], os.dup))
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as other:
        other.bind(("127.0.0.2", ours.endpoint.port))
        with pytest.raises(ListenFault, match="another program"):
            harbour.check_free([Place("udp", Endpoint("127.0.0.2", ours.endpoint.port))])
    harbour.close()
    old.close()


def test_a_new_address_of_an_open_slot_answers_at_once() -> None:
    """No filter is left on it that drops all."""
    new = place()
    sockets = Harbour().slot(0, [new], is_open=True)
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as client:
        client.sendto(b"first", (new.endpoint.host, new.endpoint.port))
        assert sockets.listeners[0].socket.recv(100) == b"first"
    sockets.close()


def test_what_was_given_out_can_be_taken_back(tmp_path: Path) -> None:
    """A start that failed leaves what it was left, so that it can be tried again with other settings."""
    page, hint = Endpoint("127.0.0.1", free_port()), Endpoint("127.0.0.1", free_port())
    first = Harbour()
    made = {
        http_name(page): first.http(page),
        hint_name(hint): first.hint(hint),
        CONTROL: first.control(tmp_path / "control.sock"),
    }
    harbour = Harbour({name: each.detach() for name, each in made.items()})
    busy = place()
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as other:
        other.bind((busy.endpoint.host, busy.endpoint.port))
        again = harbour.http(page)
        with pytest.raises(ListenFault, match="another program"):
            harbour.check_free([busy])
    harbour.take_back()
    assert again.fileno() == -1
    for each in (harbour.http(page), harbour.hint(hint), harbour.control(tmp_path / "control.sock")):
        assert each.getsockname()
        each.close()
    harbour.close()
