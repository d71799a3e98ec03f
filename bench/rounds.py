"""Interleaved rounds: every server once a round, one after the other, and ratios only within a round."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from pathlib import Path

from attrs import evolve

from bench import generator
from bench.generator import Load, LoadFault, Measured
from bench.peers.server import Peer

WARM_WINDOW = 64  # questions in flight while caches fill: no server loses any of so few
WARM_SECONDS = 120.0  # for one pass
WARM_PASSES = 20  # at most, until one asks all and loses none


class Rounds:
    """Measures with one generator; remembers how far each server's counter of new names has come."""

    def __init__(self, program: Path) -> None:
        self._program = program
        self._unique: dict[int, int] = defaultdict(int)
        self._warm: set[tuple[int, Path, int, int]] = set()  # port, questions, how many of them, clients

    def warm(self, peer: Peer, load: Load, family: int = 4) -> None:
        """Ask everything once, until nothing is lost. LoadFault where answers are wrong.

        The echo needs none, and what was asked over one address family is kept for the other one.
        """
        target = peer.target(family)
        known = (target.port, load.questions, load.once, load.clients)
        if target.is_echo or known in self._warm:
            return
        once = evolve(
            load, once=load.once or _count(load.questions), seconds=WARM_SECONDS, window=WARM_WINDOW, segments=1, rate=0
        )
        for _ in range(WARM_PASSES):
            told = generator.run(self._program, target, self._with_counter(once, target.port))
            self._unique[target.port] = told.next_unique
            if told.wrong:
                raise LoadFault(f"{target.name} gave {told.wrong} wrong answers while its cache was filled")
            if not told.lost and told.sent >= once.once:
                self._warm.add(known)
                return
        raise LoadFault(f"{target.name} still loses questions after {WARM_PASSES} passes")

    def measure(self, peer: Peer, load: Load, family: int = 4) -> Measured:
        """One measurement. LoadFault where an answer is wrong: a fast wrong answer is worth nothing."""
        target = peer.target(family)
        told = generator.run(self._program, target, self._with_counter(load, target.port))
        self._unique[target.port] = told.next_unique
        if told.wrong or not told.answered:
            raise LoadFault(f"{target.name}: {told.answered} right answers, {told.wrong} wrong ones")
        return told

    def interleaved(self, peers: Sequence[Peer], load: Load, rounds: int, family: int = 4) -> dict[str, list[Measured]]:
        """By server, one measurement a round."""
        for peer in peers:
            self.warm(peer, load, family)
        found: dict[str, list[Measured]] = {peer.name: [] for peer in peers}
        for _ in range(rounds):
            for peer in peers:
                found[peer.name].append(self.measure(peer, load, family))
        return found

    def _with_counter(self, load: Load, port: int) -> Load:
        return evolve(load, unique=self._unique[port])


def _count(questions: Path) -> int:
    """How many records a set has: all are equally long."""
    data = questions.read_bytes()
    return len(data) // (8 + int.from_bytes(data[:2], "big"))
