"""Classic BPF as linux/filter.h defines it, as far as the steering program uses it: an interpreter of a few lines."""

from __future__ import annotations

import operator
from collections.abc import Sequence

from resolver.edge.supervision import steering

_WORD = 0xFFFFFFFF
_ALU = {
    0x20: operator.mul,
    0x40: operator.or_,
    0x70: operator.rshift,
    0x90: operator.mod,
    0xA0: operator.xor,
}
_JUMPS = {0x10: operator.eq, 0x20: operator.gt}


class Machine:
    """The accumulator `a`, the index register `x`, 16 words of memory, and the packet."""

    def __init__(self, packet: bytes) -> None:
        self.packet = packet
        self.a = self.x = self.at = 0
        self.memory = [0] * 16

    def run(self, instructions: Sequence[steering.Instruction]) -> int:
        """What the kernel would get: 0 where a load goes beyond the packet, as everywhere in classic BPF."""
        while True:
            code, jump_true, jump_false, k = instructions[self.at]
            self.at += 1
            if code & 0x07 == 0x06:
                return self.a if code == steering.RETURN_A else k
            if code & 0x07 == 0x05:
                self.at += jump_true if _JUMPS[code & 0xF0](self.a, k) else jump_false
            elif code & 0x07 == 0x04:
                self.a = _ALU[code & 0xF0](self.a, self.x if code & 0x08 else k) & _WORD
            elif not self._move(code, k):
                return 0

    def _move(self, code: int, k: int) -> bool:
        if code == steering.LOAD_BYTE:
            if k >= len(self.packet):
                return False
            self.a = self.packet[k]
        elif code == steering.LOAD_X:
            self.x = k
        elif code == steering.STORE_MEMORY:
            self.memory[k] = self.a
        elif code == steering.A_TO_X:
            self.x = self.a
        else:
            self.a = {
                steering.LOAD_LENGTH: len(self.packet),
                steering.LOAD_MEMORY: self.memory[k & 15],
                steering.X_TO_A: self.x,
            }[code]
        return True


def run(instructions: Sequence[steering.Instruction], packet: bytes) -> int:
    """The value a program returns for one packet."""
    return Machine(packet).run(instructions)
