"""What only the twin in C can be told: arguments without sense. All else is in test_datagrams.py and test_udp.py."""

from __future__ import annotations

import os
import socket
from contextlib import closing
from random import Random
from typing import Any

import pytest

import native
from resolver.core.codes import UDP
from resolver.core.counters import Counters, Layout
from resolver.core.door import Door
from resolver.core.hit_path import choose_hit_path
from resolver.edge.limits import UdpLimits
from tests.resolver.core.world import CONFIG, question
from tests.resolver.edge.serving.test_datagrams import LISTED, Bench
from tests.support.memory import found_in_process

pytestmark = pytest.mark.skipif(native.MODULE is None, reason="the C extension is not built here")
MODULE: Any = native.MODULE
GOOD = {"is_wildcard": False, "batch": 64, "turn": 1024, "misses": 32, "datagram_bytes": 4096}


@pytest.mark.parametrize(
    "wrong",
    [{"batch": 0}, {"batch": 65}, {"turn": 0}, {"misses": 0}, {"misses": 5000}, {"datagram_bytes": 0},
     {"datagram_bytes": 65_536}, {"batch": -1}],
    ids=str,
)  # fmt: skip
def test_limits_outside_their_range_are_refused(wrong: dict[str, int]) -> None:
    """No buffer is made by them."""
    with pytest.raises(ValueError, match=next(iter(wrong))):
        MODULE.Datagrams(**GOOD | wrong)


def test_the_limits_in_force_are_within_their_range() -> None:
    """The defaults of `UdpLimits` can be served by."""
    limits = UdpLimits()
    made = MODULE.Datagrams(
        is_wildcard=True,
        batch=limits.batch,
        turn=limits.turn,
        misses=limits.misses,
        datagram_bytes=limits.datagram_bytes,
    )
    with pytest.raises(RuntimeError):
        made.__init__(**GOOD)


def test_a_door_there_is_not_is_refused() -> None:
    """And so is what is no hit path, or no number; the path can be used afterwards."""
    made, path = MODULE.Datagrams(**GOOD), hit_path()
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sock:
        sock.bind(("127.0.0.1", 0))
        descriptor = sock.fileno()
        with pytest.raises(ValueError, match="door"):
            made.serve(path, descriptor, 1, 0.0, 0)
        for arguments in ((None, descriptor, 0, 0.0, 0), (path, "x", 0, 0.0, 0), (path, descriptor, 0, 0.0)):
            with pytest.raises(TypeError):
                made.serve(*arguments)
        with pytest.raises(ValueError, match="descriptor"):
            made.serve(path, -1, 0, 0.0, 0)
        assert made.serve(path, descriptor, 0, 0.0, 0) == []


def test_what_was_not_made_serves_nothing() -> None:
    """`__new__` alone leaves no buffers."""
    with pytest.raises(RuntimeError):
        MODULE.Datagrams.__new__(MODULE.Datagrams).serve(hit_path(), 0, 0, 0.0, 0)


@pytest.mark.parametrize(
    "messages",
    [(), [b"text"], [(b"", b"")], [(b"", b"", "")], [("", b"", b"")]],
    ids=["no list", "no tuple", "too short", "text for control", "text for data"],
)
def test_what_is_no_message_is_refused(messages: Any) -> None:
    """Of a message three byte strings are read, and nothing else."""
    with pytest.raises(TypeError):
        MODULE.send(0, messages)


def test_names_and_controls_of_any_length_are_refused() -> None:
    """No sockaddr is longer than the kernel's largest."""
    for message in ((b"", bytes(129), b""), (b"", b"", bytes(1025))):
        with pytest.raises(ValueError, match="too long"):
            MODULE.send(0, [message])


@pytest.mark.skipif("libasan" in os.environ.get("LD_PRELOAD", ""), reason="the sanitizer has terabytes of its own")
@pytest.mark.parametrize("address", ["127.0.0.1", "0.0.0.0"])
def test_no_name_stays_behind_that_was_answered(address: str) -> None:
    """Another process answers names that only this one knows: then they stand nowhere in its memory."""
    served, seen = os.pipe(), os.pipe()
    with closing(Bench(address, MODULE)) as bench:
        child = os.fork()
        if not child:
            os.close(served[1])  # so that it ends with us
            os.read(served[0], 1)
            os.write(seen[1], bytes([len(bench.serve())]))
            os.read(served[0], 1)
            os._exit(0)
        names = [f"{Random().randbytes(12).hex()}.{LISTED}" for _ in range(3)]
        try:
            bench.ask(*map(question, names))
            os.write(served[1], b"s")
            assert os.read(seen[0], 1) == b"\0", "what is listed is answered in C"
            assert len(bench.answers(3)) == 3
            assert found_in_process(child, names) == set()
        finally:
            os.write(served[1], b"e")
            os.waitpid(child, 0)
            for end in (*served, *seen):
                os.close(end)


def hit_path() -> Any:
    """One with a single door, number 0."""
    made: Any = choose_hit_path(MODULE, CONFIG, Counters.in_memory(Layout(1, 1)), lambda: 0.0, bytes(16))
    made.open_door(Door(UDP))
    return made._path
