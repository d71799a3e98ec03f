"""The certificate of DoT and DoH while we run: looked at every minute, handed to every worker when it changes.

A pair that cannot be used is told once and the one before stays. Workers never read the files.
"""

import datetime as dt
from collections.abc import Callable
from typing import Final

from attrs import define, field
from twisted.internet.interfaces import IDelayedCall, IReactorTime

from resolver.edge.channel import Message
from resolver.edge.supervision.sockets import ListenFault
from resolver.settings.certificate import Pair, PairFault, read_pair, time_fault
from resolver.settings.transports import Tls

LOOK_SECONDS: Final = 60.0  # between two looks at the files


@define(eq=False)
class CertificateKeeper:
    """Keeps what workers show in step with the files. `hand_over` gives a message to all workers, now and to come."""

    clock: IReactorTime
    wall_clock: Callable[[], float]
    hand_over: Callable[[Message], None]
    report: Callable[[str], None]
    _tls: Tls | None = field(default=None, init=False)
    _pair: Pair | None = field(default=None, init=False)
    _told: str = field(default="", init=False)  # the fault of the files as they are
    _timer: IDelayedCall | None = field(default=None, init=False)

    @property
    def not_after(self) -> float | None:
        """When the certificate shown ends, POSIX seconds; None without one."""
        return None if self._pair is None else self._pair.not_after.timestamp()

    def start(self, tls: Tls | None) -> None:
        """Read it. ListenFault: it cannot be shown. One out of its time is: plain DNS must not wait for it."""
        self._tls = tls
        if tls is None:
            return
        try:
            pair = read_pair(tls)
        except PairFault as found:
            raise ListenFault(str(found.fault)) from None
        self._show(pair)
        if (wrong := time_fault(pair, self._now())) is not None:
            self.report(f"the certificate is shown all the same: {wrong}")
        self._wait()

    def renew(self, tls: Tls | None) -> None:
        """The settings may name other files now, or the same with other content."""
        self._tls = tls
        if tls is None:
            self.stop()  # nothing listens that would show one
            self._pair = None
        else:
            self._look()

    def stop(self) -> None:
        """Look no more."""
        if self._timer is not None and self._timer.active():
            self._timer.cancel()
        self._timer = None

    def _look(self) -> None:
        self.stop()
        assert self._tls is not None
        self._wait()  # first: no fault may stop it
        try:
            self._compare(read_pair(self._tls))
        except PairFault as found:
            self._tell(str(found.fault))

    def _compare(self, pair: Pair) -> None:
        """Take up another one than ours, unless ours is better."""
        if self._pair is not None and (pair.certificate, pair.key) == (self._pair.certificate, self._pair.key):
            self._told = ""
        elif self._pair is not None and (wrong := time_fault(pair, self._now())) is not None:
            self._tell(str(wrong))
        else:
            self._told = ""
            self._show(pair)
            self.report(f"the certificate was taken up; it ends on {pair.not_after:%Y-%m-%d}")

    def _tell(self, fault: str) -> None:
        """Once for each fault, not once a minute."""
        if fault != self._told:
            self._told = fault
            self.report(f"the new certificate was not taken up, the one before stays: {fault}")

    def _show(self, pair: Pair) -> None:
        self._pair = pair
        self.hand_over({"type": "certificate", "certificate": _text(pair.certificate), "key": _text(pair.key)})

    def _wait(self) -> None:
        self._timer = self.clock.callLater(LOOK_SECONDS, self._look)

    def _now(self) -> dt.datetime:
        return dt.datetime.fromtimestamp(self.wall_clock(), dt.UTC)


def _text(pem: bytes) -> str:
    """PEM is ASCII; what stands around it, such as names people wrote there, may be in any encoding."""
    return pem.decode("ascii", "ignore")
