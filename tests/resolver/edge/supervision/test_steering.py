"""The steering program: in an interpreter of classic BPF, and in the kernel on real sockets."""

from __future__ import annotations

import errno
import os
import socket
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import ExitStack

import dns.edns
import dns.message
import pytest
from hypothesis import given
from hypothesis import strategies as st

from resolver.edge.supervision.steering import (
    FOLD,
    HEAD_BYTES,
    MIX,
    NAME_OFFSET,
    NO_WORD,
    NOWHERE,
    Key,
    Steering,
    attach,
    program,
    refusal,
)
from tests.resolver.edge.supervision.cbpf import run
from tests.support.ports import free_port

KEY = Key(0x9E3779B9, 0x01000193)
MEMBERS = 4
keys = st.builds(Key, st.integers(0, 2**32 - 1), st.integers(0, 2**31 - 1).map(lambda half: 2 * half + 1))
names = st.lists(
    st.text("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_", min_size=1, max_size=20), max_size=5
).map(".".join)


def expected(packet: bytes, sockets: int, key: Key) -> int:
    """The same, as one would write it in Python."""
    value = key.start
    for byte in packet[NAME_OFFSET : NAME_OFFSET + HEAD_BYTES].partition(b"\0")[0]:
        value = (value ^ (byte | FOLD)) * key.factor & 0xFFFFFFFF
    value = (value ^ value >> 16) * MIX & 0xFFFFFFFF
    return (value ^ value >> 15) % sockets


def query(name: str, rdtype: str = "A", **options: object) -> bytes:
    return dns.message.make_query(name, rdtype, **options).to_wire()  # type: ignore[arg-type]


@given(st.binary(max_size=80), st.integers(1, 256), keys)
def test_program_is_its_model_on_any_bytes(packet: bytes, sockets: int, key: Key) -> None:
    """Short, long, empty or nonsense: the place is what the model says, and always one of the group."""
    assert run(program(sockets, key), packet) == expected(packet, sockets, key) < sockets


@given(names, st.integers(0, 300), keys)
def test_program_is_its_model_on_a_query_cut_anywhere(name: str, length: int, key: Key) -> None:
    """The guard by length holds at every byte of a message."""
    packet = query(name, use_edns=0)[:length]
    assert run(program(7, key), packet) == expected(packet, 7, key)


@given(names, st.data(), keys)
def test_only_the_name_decides(name: str, data: st.DataObject, key: Key) -> None:
    """Letter case (0x20), id, flags, type, OPT and cookies never change the worker."""
    flips = data.draw(st.lists(st.booleans(), min_size=len(name), max_size=len(name)))
    other = "".join(letter.swapcase() if flip else letter for letter, flip in zip(name, flips, strict=True))
    payload, rdtype = data.draw(st.integers(512, 65535)), data.draw(st.sampled_from(["A", "AAAA", "HTTPS", "ANY"]))
    cookie = dns.edns.GenericOption(dns.edns.OptionType.COOKIE, data.draw(st.binary(min_size=8, max_size=40)))
    again = query(other, rdtype, use_edns=0, payload=payload, options=[cookie], want_dnssec=True)
    assert run(program(16, key), query(name)) == run(program(16, key), again)


def test_different_names_spread_evenly() -> None:
    """Host names that differ in a digit, and reverse names, in shares that chance would give (chi squared)."""
    shapes = ("h{}.www.example", "{}.sub.isp.test", "img{}.cdn.example", "{0}.{0}.2.192.in-addr.arpa")
    for shape in shapes:
        shares = Counter(run(program(8, KEY), query(shape.format(number))) for number in range(4000))
        surplus = sum((shares[place] - 500) ** 2 / 500 for place in range(8))
        assert surplus < 40, (shape, shares)  # 7 degrees of freedom: chance exceeds 40 once in a million


def test_key_changes_who_shares_a_worker() -> None:
    """Two names together under one key are not under another, so a flood cannot be aimed from outside."""
    pairs = [(query(f"a{number}.example"), query(f"b{number}.example")) for number in range(64)]

    def together(key: Key) -> list[bool]:
        code = program(2, key)
        return [run(code, one) == run(code, two) for one, two in pairs]

    factors = (0x01000193, 0xCC9E2D51, 0x1B873593)
    assert len({tuple(together(Key(start, factor))) for start in (0x9747B28C, 0x2545F491) for factor in factors}) == 6


def test_drawn_keys_differ_and_lose_no_byte() -> None:
    """The factor is odd: multiplying by it can be undone."""
    drawn = {Key.draw() for _ in range(8)}
    assert len(drawn) == 8
    assert all(key.factor % 2 and key.factor < 2**32 and key.start < 2**32 for key in drawn)


def test_program_fits_the_kernel() -> None:
    """At most 4096 instructions, jumps within a byte and within the program."""
    code = program(256, KEY)
    assert len(code) < 4096
    for number, (_, jump_true, jump_false, _) in enumerate(code):
        assert max(jump_true, jump_false) < 256
        assert number + 1 + max(jump_true, jump_false) <= len(code)


class Group:
    """UDP sockets that share one address, as the slots of a resolver do."""

    def __init__(self, host: str, stack: ExitStack, size: int = MEMBERS, port: int = 0) -> None:
        self.family = socket.AF_INET6 if ":" in host else socket.AF_INET
        self.host, self.port = host, port or free_port()
        self.members: list[socket.socket] = []
        self.stack = stack
        for _ in range(size):
            self.join()
        self.client = stack.enter_context(socket.socket(self.family, socket.SOCK_DGRAM))

    def join(self) -> None:
        member = self.stack.enter_context(socket.socket(self.family, socket.SOCK_DGRAM))
        member.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
        if self.family == socket.AF_INET6:
            member.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)
        member.bind((self.host, self.port))
        member.setblocking(False)
        self.members.append(member)

    def receiver(self, packet: bytes) -> int:
        """The place of the member that got it; loopback delivers within the call."""
        self.client.sendto(packet, ({"0.0.0.0": "127.0.0.1", "::": "::1"}.get(self.host, self.host), self.port))
        found = [number for number, member in enumerate(self.members) if _read(member) == packet]
        assert len(found) == 1
        return found[0]


def _read(member: socket.socket) -> bytes | None:
    try:
        return member.recv(1000)
    except BlockingIOError:
        return None


@pytest.fixture
def stack() -> Iterator[ExitStack]:
    with ExitStack() as stack:
        yield stack


PACKETS: Sequence[bytes] = [
    *(query(f"n{number}.example", use_edns=number % 2) for number in range(60)),
    *(b"\0" * length for length in range(40)),
    *(os.urandom(length) for length in range(1, 80)),
    query("."),
    b"",
]


@pytest.mark.parametrize("host", ["127.0.0.1", "::1", "0.0.0.0", "::"])
def test_kernel_does_what_the_model_says(host: str, stack: ExitStack) -> None:
    """For IPv4, IPv6 and both wildcards: the payload starts at offset 0, and every packet goes where it should."""
    group = Group(host, stack)
    attach(group.members[0], program(MEMBERS, KEY))
    assert [group.receiver(packet) for packet in PACKETS] == [expected(packet, MEMBERS, KEY) for packet in PACKETS]


def test_one_name_reaches_one_worker_whatever_else_changes(stack: ExitStack) -> None:
    """Real sockets: any letter case, id, type, OPT and client port."""
    group = Group("127.0.0.1", stack)
    Steering(True, Key.draw()).cover([group.members])
    reached = set()
    for number in range(40):
        name = "WwW.eXaMpLe" if number % 2 else "www.example"
        reached.add(group.receiver(query(name, ("A", "AAAA")[number // 2 % 2], use_edns=number % 3 - 1)))
        group.client = stack.enter_context(socket.socket(group.family, socket.SOCK_DGRAM))
    assert len(reached) == 1


def test_each_address_is_a_group_of_its_own(stack: ExitStack) -> None:
    """One call covers all of them; the same name goes to the same place everywhere."""
    groups = [Group(host, stack) for host in ("127.0.0.1", "::1", "127.0.0.1")]
    steering = Steering(True, KEY)
    steering.cover([group.members for group in groups])
    assert steering.reason == ""
    for packet in PACKETS[:40]:
        assert {group.receiver(packet) for group in groups} == {expected(packet, MEMBERS, KEY)}


def test_no_query_is_lost_while_members_leave_and_come(stack: ExitStack) -> None:
    """Between a leaving and the new program the kernel spreads by itself; a newcomer gets nothing until covered."""
    group, steering = Group("127.0.0.1", stack), Steering(True, KEY)
    steering.cover([group.members])
    group.members.pop(1).close()  # the last one takes its place in the group
    for packet in PACKETS:
        group.receiver(packet)  # somebody has it
    steering.cover([group.members])
    order = [0, 2, 1]  # of places: what was last stands second
    assert [group.receiver(packet) for packet in PACKETS] == [order[expected(packet, 3, KEY)] for packet in PACKETS]
    group.join()
    assert 3 not in {group.receiver(packet) for packet in PACKETS}
    steering.cover([group.members])
    assert 3 in {group.receiver(packet) for packet in PACKETS}


def test_off_gives_the_kernel_its_own_way_back(stack: ExitStack) -> None:
    """One name from many ports reaches several members again."""
    group = Group("127.0.0.1", stack)
    Steering(True, KEY).cover([group.members])
    steering = Steering(False, KEY)
    steering.cover([group.members])
    assert "steering: off" in steering.reason
    assert run(NO_WORD, PACKETS[0]) == NOWHERE
    reached = set()
    for _ in range(200):
        group.client = stack.enter_context(socket.socket(group.family, socket.SOCK_DGRAM))
        reached.add(group.receiver(PACKETS[0]))
    assert len(reached) > 1


def test_refusal_is_told_with_its_reason(stack: ExitStack) -> None:
    """A socket that is in no group is refused; what then holds is one cache a worker, and the status says why."""
    alone = stack.enter_context(socket.socket(socket.AF_INET, socket.SOCK_DGRAM))
    alone.bind(("127.0.0.1", 0))
    steering = Steering(True, KEY)
    steering.cover([[alone]])
    assert steering.reason == "the kernel refused the program: Invalid argument"
    group = Group("127.0.0.1", stack)
    steering.cover([group.members])
    assert steering.reason == ""


@pytest.mark.parametrize(("number", "words"), [(errno.EPERM, "sandbox"), (errno.ENOMEM, "net.core.optmem_max")])
def test_refusals_an_operator_can_do_something_about_say_what(number: int, words: str) -> None:
    """The sandbox and a kernel with little option memory."""
    assert words in refusal(OSError(number, ""))
