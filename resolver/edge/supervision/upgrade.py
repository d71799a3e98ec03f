"""`mamori upgrade`: the installed code takes this process over while the old workers go on answering.

1. A child with the installed code proves itself and the settings; a fault changes nothing.
2. State goes into sealed memory, the process runs the new program: same id, same sockets, same folder lock.
3. The new supervisor adopts the children, starts its own workers, and lets the old leave slot by slot.

Until 2 everything can be taken back. Signals wait from just before 2 until the new code has its handlers.
"""

import socket
from collections.abc import Callable, Iterable
from contextlib import suppress
from typing import Any, Final, Protocol

from attrs import define
from twisted.internet.task import deferLater

from resolver.edge import fault_log
from resolver.edge.supervision.changes import STOPPING, Changes
from resolver.edge.supervision.control import line_of
from resolver.edge.supervision.handover import VERSION, Bag, Handed
from resolver.edge.supervision.proof import Proof
from resolver.edge.supervision.reload import ReloadFault, Reply

VERB: Final = "upgrade"


class Successor(Protocol):
    """Brings the installed code into this process."""

    def hold_signals(self) -> None:
        """Signals wait from now on."""

    def begin(self, handed: int) -> None:
        """Run it, with the descriptor of what it goes on from; returns by OSError only."""

    def release_signals(self) -> None:
        """Hear them again."""


@define(eq=False)
class Upgrade:
    """`pack(bag)` gives the state of everything; `state` and `slots` are what cannot change on the way."""

    reactor: Any
    changes: Changes
    successor: Successor
    interrupt: Callable[[], None]  # whoever waits for the updater is told that it ends
    pack: Callable[[Bag], dict[str, Any]]
    vouch: Callable[[], None]  # PreflightFault for a list that would begin and nobody vouches for
    undo: Callable[[], None]  # a new updater, after a hand-over that did not come about
    state: str
    slots: Callable[[], int]

    async def run(self) -> Reply:
        """Never returns when all goes well: the new code answers who asked."""
        proof = await self.changes.prove()
        self._require_possible(proof)
        self.vouch()
        self.changes.readiness.manager.reloading(f"upgrading to {proof.version}")
        self.interrupt()
        await deferLater(self.reactor, self.changes.limits.pause_seconds, lambda: None)
        self.successor.hold_signals()
        await deferLater(self.reactor, self.changes.limits.pause_seconds, lambda: None)
        if self.changes.readiness.stopping:
            self.successor.release_signals()
            raise ReloadFault(STOPPING)
        self._hand_over()
        raise AssertionError("the program was not changed")

    def _require_possible(self, proof: Proof) -> None:
        if self.changes.readiness.stopping:
            raise ReloadFault(STOPPING)
        if VERSION not in proof.takes:
            raise ReloadFault(
                f"version {proof.version} cannot go on from a running {self.changes.version}: restart the resolver"
            )
        if proof.state != self.state:
            raise ReloadFault("state cannot change in an upgrade: restart the resolver, or put back the old value")
        if proof.workers < self.slots():
            raise ReloadFault(
                f"workers cannot fall from {self.slots()} to {proof.workers} in an upgrade: restart the resolver, "
                "or put back the old value"
            )

    def _hand_over(self) -> None:
        bag = Bag()
        try:
            handed = bag.seal(self.pack(bag))
            bag.inheritable(on=True)
            self.successor.begin(handed)
        except OSError as error:
            raise ReloadFault(f"the installed program could not be run: {error.strerror or error}") from None
        finally:  # we are still here, whatever it was
            bag.inheritable(on=False)
            bag.forget()
            self.successor.release_signals()
            self.undo()

    def finish(self, handed: Handed, fault: str = "") -> None:
        """We are the new code: say so when every slot has a new worker. `fault`: why with the settings from before."""

        async def settled() -> Reply:
            return await self.changes.rollout.wait(f"upgraded from {handed['version']} to {self.changes.version}")

        def tell(reply: Reply) -> None:
            if fault:
                reply = {"ok": False, "text": f"{reply['text']}\nthe new settings were not taken up: {fault}"}
            fault_log.write(f"mamori: {reply['text']}")
            answer(handed["askers"], reply)

        self.changes.alone(settled).addCallback(tell)


def answer(askers: Iterable[int], reply: Reply) -> None:
    """Answer the clients that asked the code before us; one that is gone is no fault."""
    for fd in askers:
        with socket.socket(fileno=fd) as client, suppress(OSError):
            client.send(line_of(reply) + b"\n")
