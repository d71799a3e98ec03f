"""Which worker a UDP query goes to: by its name, so that the caches of N workers are one cache in N parts.

Linux runs a classic BPF program over every datagram for a group of SO_REUSEPORT sockets (SO_ATTACH_REUSEPORT_CBPF) and
takes what it returns for the place of a socket in the group. It sees the UDP payload, from offset 0. A place beyond the
group is no word: the kernel then spreads by addresses and ports, as without a program (net/core/sock_reuseport.c). A
socket that leaves has its place taken by the last one; a new one comes last.

The program hashes the head of QNAME, letter case folded, and stops at its end: id, letter case, type, OPT and cookies
change nothing. Every byte is folded by setting bit 5, length bytes too, and the first zero byte counts as the end: it
never comes later than the root label. Both only make some different names equal. Key and multiplier are drawn at the
start, so that nobody outside can tell which names share a worker.
"""

import ctypes
import errno
import os
import socket
import struct
from collections.abc import Iterable, Sequence
from typing import Final

from attrs import define, frozen

HEAD_BYTES: Final = 24  # of QNAME that are hashed; 31 is the most the jumps of the program reach over
NAME_OFFSET: Final = 12  # behind the header (RFC 1035, section 4.1.1)
FOLD: Final = 0x20  # the bit in which a capital letter differs from a small one
MIX: Final = 0x85EBCA6B  # any odd number: carries the high bits down, on which all bytes have worked
NOWHERE: Final = 0xFFFFFFFF  # beyond any group

_SO_ATTACH_REUSEPORT_CBPF = 51  # asm-generic/socket.h; not named by Python's socket module

# Opcodes of classic BPF (linux/bpf_common.h, linux/filter.h). A is the accumulator, X the index register, M memory.
LOAD_LENGTH, LOAD_BYTE, LOAD_MEMORY, STORE_MEMORY, LOAD_X = 0x80, 0x30, 0x60, 0x02, 0x01
A_TO_X, X_TO_A = 0x07, 0x87
OR, XOR_X, MULTIPLY, SHIFT_RIGHT, MODULO = 0x44, 0xAC, 0x24, 0x74, 0x94
JUMP_EQUAL, JUMP_GREATER = 0x15, 0x25
RETURN, RETURN_A = 0x06, 0x16

Instruction = tuple[int, int, int, int]  # opcode, jump if true, jump if false, constant


@frozen
class Key:
    """Where the hash starts and what it multiplies by; 32 bits each."""

    start: int
    factor: int

    @classmethod
    def draw(cls) -> "Key":
        """A new one from the system's randomness."""
        start, factor = struct.unpack("=II", os.urandom(8))
        return cls(start, factor | 1)  # an even one would lose the first bytes


def program(sockets: int, key: Key) -> tuple[Instruction, ...]:
    """Hash of the name modulo the number of `sockets`."""
    head = [
        instruction
        for number in range(HEAD_BYTES)
        for instruction in _hash_byte(number, (HEAD_BYTES - 1 - number) * _BYTE_STEPS, key)
    ]
    return (
        (LOAD_LENGTH, 0, 0, 0),
        (STORE_MEMORY, 0, 0, 0),
        (LOAD_X, 0, 0, key.start),
        *head,
        *_mixed(16),
        (MULTIPLY, 0, 0, MIX),
        (A_TO_X, 0, 0, 0),
        *_mixed(15),
        (MODULO, 0, 0, sockets),
        (RETURN_A, 0, 0, 0),
    )


NO_WORD: Final[tuple[Instruction, ...]] = ((RETURN, 0, 0, NOWHERE),)
_BYTE_STEPS: Final = 8  # instructions of `_hash_byte`


def _hash_byte(number: int, rest: int, key: Key) -> tuple[Instruction, ...]:
    """X = (X xor byte) * factor, or on to the end (over the `rest` of the head) where the name or the packet ends."""
    offset = NAME_OFFSET + number
    return (
        (LOAD_MEMORY, 0, 0, 0),
        (JUMP_GREATER, 0, rest + 6, offset),  # length > offset
        (LOAD_BYTE, 0, 0, offset),
        (JUMP_EQUAL, rest + 4, 0, 0),
        (OR, 0, 0, FOLD),
        (XOR_X, 0, 0, 0),
        (MULTIPLY, 0, 0, key.factor),
        (A_TO_X, 0, 0, 0),
    )


def _mixed(bits: int) -> tuple[Instruction, ...]:
    """A = X xor (X >> bits)."""
    return (X_TO_A, 0, 0, 0), (SHIFT_RIGHT, 0, 0, bits), (XOR_X, 0, 0, 0)


def attach(member: socket.socket, instructions: Sequence[Instruction]) -> None:
    """Put the program in charge of the group `member` is in, in place of the one before, at once. OSError."""
    packed = b"".join(struct.pack("HBBI", *each) for each in instructions)
    memory = ctypes.create_string_buffer(packed, len(packed))
    value = struct.pack("HP", len(instructions), ctypes.addressof(memory))
    member.setsockopt(socket.SOL_SOCKET, _SO_ATTACH_REUSEPORT_CBPF, value)


@define
class Steering:
    """Whether UDP queries go to workers by name, and why not where they do not."""

    wanted: bool
    key: Key
    reason: str = "not started"  # why it is off, in words; empty while it is on

    def cover(self, groups: Iterable[Sequence[socket.socket]]) -> None:
        """See to it that each group (all sockets of one address) is steered over as many places as it has now."""
        self.reason = "" if self.wanted else "switched off (steering: off)"
        for group in groups:
            try:
                attach(group[0], program(len(group), self.key) if self.wanted else NO_WORD)
            except OSError as error:
                if self.wanted:  # what was never attached need not be taken away
                    self.reason = refusal(error)


def refusal(error: OSError) -> str:
    """Why the kernel would not, for an operator."""
    advice = {
        errno.ENOMEM: "raise net.core.optmem_max to its default or more",
        errno.EPERM: "the sandbox this runs in forbids it",
        errno.ENOPROTOOPT: "Linux 4.5 or newer has it",
    }.get(error.errno or 0)
    said = os.strerror(error.errno or 0)
    return f"the kernel refused the program: {said}" + (f" ({advice})" if advice else "")
