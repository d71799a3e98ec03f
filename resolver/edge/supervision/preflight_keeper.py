"""The preflight report while we run: looked at every minute, at its end, and when `mamori preflight` says so.

Only at the beginning of a list does it decide anything. Later it gives or withdraws promises (the notice's sentence on
records, release of block totals) and raises an alarm; nothing that is enforced ever ends by it.
"""

from collections.abc import Callable
from pathlib import Path
from typing import Final

from attrs import define, field
from twisted.internet.interfaces import IDelayedCall, IReactorTime

from blocklist.errors import BlocklistError
from blocklist.trust.local.preflight import Report, Standing, load_report, public_key, standing
from blocklist.trust.storage import host_key
from resolver.edge.supervision.snapshot import PreflightView
from resolver.edge.supervision.state_folder import StateFolder
from resolver.settings import Settings
from resolver.settings.fingerprint import fingerprint

LOOK_SECONDS: Final = 60.0  # between two looks; the wall clock may be set meanwhile
COMMAND: Final = "run `mamori preflight --config FILE` with this settings file"
WORTH: Final = {
    Standing.PASSED: "is valid: what it promises is promised",
    Standing.NOT_REQUIRED: "is not required (preflight.required): nothing is promised",
    Standing.FAILED: f"says that a check failed: do what it says and {COMMAND}",
    Standing.EXPIRED: f"is no longer valid: {COMMAND}",
    Standing.OTHER_SETTINGS: (
        f"was made for other settings than those that run: `mamori reload` if the file was changed, else {COMMAND}"
    ),
    Standing.MISSING: f"is missing: {COMMAND}",
}
ALARMING: Final = frozenset({Standing.FAILED, Standing.EXPIRED, Standing.OTHER_SETTINGS, Standing.MISSING})


class PreflightFault(Exception):
    """A list may not begin to be enforced; the message says which and what to type."""


def require_vouched(settings: Settings, begun: Settings | None = None) -> None:
    """PreflightFault for a list that would begin now, and that no right report of this host ever named.

    `begun` are the settings from before, whose lists go on whatever became of the report. At a start (no `begun`) a
    list goes on that this host took before: a refusal would leave customers without DNS, after a package upgrade or
    with a damaged report. A change that is refused leaves them what they had, so there the report alone counts.
    """
    if not settings.preflight.required:
        return
    new = [each.id for each in settings.lists if not _goes_on(each.id, settings, begun)]
    vouched, why = _vouched(settings.state) if new else (frozenset(), "")
    if missing := [each for each in new if each not in vouched]:
        held = all(StateFolder(settings.state).holds(each) for each in missing)
        later = "" if begun is None or held else "; a restart with this file would be refused, too"
        raise PreflightFault(
            f"list {', '.join(missing)} may not be enforced before the preflight of this host has passed{why}: "
            f"{COMMAND}, and do what it says (to try it out only: `preflight: {{required: false}}`){later}"
        )


def _goes_on(list_id: str, settings: Settings, begun: Settings | None) -> bool:
    if begun is None:
        return StateFolder(settings.state).holds(list_id)
    return begun.preflight.required and list_id in {each.id for each in begun.lists}


def standing_of(settings: Settings, now: float) -> Standing:
    """What the report is worth for settings nobody runs yet; nothing is written. OperatorFault, PublisherFault."""
    if not settings.preflight.required or not settings.lists:
        return Standing.NOT_REQUIRED
    key = host_key.load(settings.state)
    found = None if key is None else load_report(settings.state, public_key(key))
    return standing(found, fingerprint(settings), [each.id for each in settings.lists], now)


def _vouched(state: Path) -> tuple[frozenset[str], str]:
    """The lists that reports of this host named, and why none can be read."""
    try:
        key = host_key.load(state)
        found = None if key is None else load_report(state, public_key(key))
    except BlocklistError as fault:
        return frozenset(), f" ({fault})"
    return frozenset(found.vouched if found else ()), ""


@define(eq=False)
class PreflightKeeper:
    """Knows what the report in `state` is worth. `changed()` is called when promises begin or end."""

    clock: IReactorTime
    wall_clock: Callable[[], float]
    state: Path
    changed: Callable[[], None]
    report: Callable[[str], None]
    standing: Standing = field(default=Standing.NOT_REQUIRED, init=False)
    _required: bool = field(default=True, init=False)
    _settings: str = field(default="", init=False)  # their fingerprint
    _lists: tuple[str, ...] = field(default=(), init=False)
    _public: bytes | None = field(default=None, init=False)
    _read: Report | None = field(default=None, init=False)
    _told: str = field(default="", init=False)  # the fault of the file as it is
    _timer: IDelayedCall | None = field(default=None, init=False)

    @property
    def promised(self) -> bool:
        """Whether what the report vouches for may be promised to others."""
        return self.standing is Standing.PASSED

    def configure(self, settings: Settings) -> None:
        """Take up settings, at the start or by a change. `changed` is left to the caller."""
        self._required = settings.preflight.required and bool(settings.lists)
        self._lists = tuple(each.id for each in settings.lists)
        self._settings = fingerprint(settings)
        self._judge()
        self._wait()

    def look(self) -> Standing:
        """Read the report anew and say what it is worth now."""
        before = self.standing
        self._wait()  # first: no fault may stop it
        self._judge()
        if (before is Standing.PASSED) != self.promised:
            self.changed()
        return self.standing

    def view(self) -> PreflightView:
        """For /metrics and operators."""
        until = self._read.not_after.timestamp() if self._read is not None and self._required else None
        return PreflightView(self.standing.value, until)

    def stop(self) -> None:
        """Look no more."""
        if self._timer is not None and self._timer.active():
            self._timer.cancel()
        self._timer = None

    def _judge(self) -> None:
        before = self.standing
        if self._required:
            self._read = self._load()
            self.standing = standing(self._read, self._settings, self._lists, self.wall_clock())
        else:
            self.standing = Standing.NOT_REQUIRED
        if self.standing is not before:
            self.report(f"the preflight report {self.words}")

    @property
    def words(self) -> str:
        """What the standing means, behind "the preflight report"."""
        return WORTH[self.standing]

    def _load(self) -> Report | None:
        try:
            if self._public is None:  # the host key itself is not kept
                self._public = public_key(host_key.load_or_create(self.state))
            found = load_report(self.state, self._public)
        except BlocklistError as fault:
            self._tell(f"the preflight report cannot be used: {fault}")
            return None
        self._told = ""
        return found

    def _tell(self, fault: str) -> None:
        """Once for each fault, not once a minute."""
        if fault != self._told:
            self._told = fault
            self.report(fault)

    def _wait(self) -> None:
        self.stop()
        pause = LOOK_SECONDS
        if self._read is not None:  # a report ends on time
            left = self._read.not_after.timestamp() - self.wall_clock()
            pause = min(pause, left) if left > 0 else pause
        self._timer = self.clock.callLater(pause, self.look)
