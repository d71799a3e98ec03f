"""What the updater works on, made from the settings: one subscription a list, the local exemptions, one index."""

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any, Protocol
from urllib.parse import urlsplit

from attrs import asdict, field, frozen

from blocklist.compiling import ListImage, compile_index
from blocklist.errors import OperatorFault
from blocklist.names import is_ip_literal
from blocklist.trust.clock import SystemClock
from blocklist.trust.compile import compile_enforced, entry_time, next_change
from blocklist.trust.local.audit import AUDIT_NAME, Audit, Event, Facts
from blocklist.trust.local.exempting import Exempting
from blocklist.trust.local.exemptions import EXEMPTIONS_NAME, Exemption, Exemptions
from blocklist.trust.outcome import Keys, Kind, ListSource, ListStatus, Outcome
from blocklist.trust.reasons import REASONS, Reason
from blocklist.trust.rules.departures import LeftOut
from blocklist.trust.storage import host_key, subscriber_key
from blocklist.trust.subscription import Subscription
from blocklist.trust.transfer.tls import TlsFiles
from resolver.settings import ListSettings, Settings


class Subscribed(Protocol):
    """The part of a subscription the updater uses; tests have one without network and disk."""

    def load(self) -> bool:
        """See Subscription."""

    def refresh(self) -> Outcome:
        """See Subscription."""

    def accept(self) -> Outcome:
        """See Subscription."""

    def reject(self) -> Outcome:
        """See Subscription."""

    def rollback(self) -> Outcome:
        """See Subscription."""

    def explain(self) -> dict[str, Any]:
        """See Subscription."""

    def mark_good(self, version: int) -> None:
        """See Subscription."""

    def unproven(self) -> bytes:
        """See Subscription."""

    def set_aside(self, guard: str, version: int) -> Outcome:
        """See Subscription."""

    def image(self, exemptions: Sequence[Exemption]) -> ListImage | None:
        """See Subscription."""

    def left_out(self) -> LeftOut:
        """See Subscription."""

    def status(self) -> ListStatus:
        """See Subscription."""


@frozen
class Sources:
    """All lists of this host. `broken` tells, by list, why one could not be set up at all."""

    lists: Mapping[str, Subscribed]
    exempt: Callable[[], tuple[Exemption, ...]]  # those active now
    compile: Callable[[Mapping[str, bytes]], bytes]  # but for these tokens (packed), by list
    next_change: Callable[[], float | None]  # POSIX
    now: Callable[[], float]  # POSIX
    clock_offset: Callable[[], float]  # the time by which entries end, at monotonic 0 (POSIX)
    audit: Callable[[Event, Facts], object] = lambda _event, _facts: None  # raises BlocklistError
    settle: Callable[[], object] = lambda: None  # of exemptions that ended; gives why they cannot be written down
    broken: Mapping[str, str] = field(factory=dict)
    canary: frozenset[str] = frozenset()  # the lists whose additions are tried before activation
    breaker: frozenset[str] = frozenset()  # those whose additions are watched after it

    def images(self) -> tuple[ListImage, ...]:
        """What is to be enforced now, by list."""
        exempt = self.exempt()
        images = (each.image(exempt) for each in self.lists.values())
        return tuple(image for image in images if image is not None)

    def statuses(self) -> list[dict[str, Any]]:
        """The `lists` of the status message."""
        return [status_words(each.status()) for each in self.lists.values()] + [_broken(name) for name in self.broken]


def open_sources(settings: Settings) -> Sources:
    """Open state folder, keys and lists; a list whose own settings are wrong is left out and told."""
    clock = SystemClock()
    try:
        keys = Keys(host_key.load_or_create(settings.state), subscriber_key.load_or_create(settings.state))
    except OperatorFault as fault:  # without keys no list opens: say so for each, rather than end and begin anew
        return _without_lists({each.id: str(fault) for each in settings.lists}, clock)
    lists: dict[str, Subscription] = {}
    broken: dict[str, str] = {}
    for each in settings.lists:
        try:
            lists[each.id] = Subscription(_source(each, settings), settings.state / "lists" / each.id, keys, clock)
        except (OperatorFault, OSError, UnicodeDecodeError) as fault:
            broken[each.id] = str(fault) if isinstance(fault, OperatorFault) else type(fault).__name__
    exemptions = Exemptions(settings.state / EXEMPTIONS_NAME, keys.host_key, clock)
    audit = Audit(settings.state / AUDIT_NAME, keys.host_key, clock, waits=False)
    exempting = Exempting(exemptions, audit)
    return Sources(
        lists=lists,
        exempt=lambda: exemptions.active(entry_time(tuple(lists.values()), clock)),
        compile=lambda but: compile_enforced(tuple(lists.values()), exemptions, clock, but),
        next_change=lambda: next_change(tuple(lists.values()), exemptions, clock),
        now=clock.now,
        clock_offset=lambda: entry_time(tuple(lists.values()), clock) - clock.monotonic(),
        audit=audit.append,
        settle=lambda: exempting.settle(entry_time(tuple(lists.values()), clock)),
        broken=broken,
        canary=frozenset(each.id for each in settings.lists if each.canary),
        breaker=frozenset(each.id for each in settings.lists if each.breaker),
    )


def _without_lists(broken: Mapping[str, str], clock: SystemClock) -> Sources:
    return Sources(
        lists={},
        exempt=tuple,
        compile=lambda _but: compile_index([], clock_offset=0.0),
        next_change=lambda: None,
        now=clock.now,
        clock_offset=lambda: 0.0,
        broken=broken,
    )


def status_words(status: ListStatus) -> dict[str, Any]:
    """One list's status as JSON data."""
    words = asdict(status)
    last = status.last_outcome
    words["last_outcome"] = "none" if last is None else last.kind.value
    words["last_reason"] = "" if last is None or last.reason is None else last.reason.value
    return words


def _broken(list_id: str) -> dict[str, Any]:
    nothing = ListStatus(
        list_id=list_id,
        version=0,
        age_seconds=None,
        entries=0,
        held_entries=0,
        held_by=(),
        enforcing=False,
        last_outcome=Outcome(Kind.FAILED, Reason.SETTING),
        failures={reason: int(reason == Reason.SETTING) for reason in REASONS},
        clock_suspect=False,
        next_expiry=None,
    )
    return status_words(nothing)


def own_names(settings: Settings) -> tuple[str, ...]:
    """Return the host names this ISP and its lists live by: blocking one would cut off the page, or the next update."""
    urls = [url for each in settings.lists for url in each.urls]
    urls += [] if settings.terms is None else [settings.terms.url]
    for notice in settings.notices.values():
        pages = (notice.blocked_by, notice.policy_url, *(desk.url for desk in notice.desks))
        urls += [url for url in pages if url is not None]
    hosts = {urlsplit(url).hostname or "" for url in urls}
    return tuple(sorted(host for host in hosts if host and not is_ip_literal(host)))


def _source(each: ListSettings, settings: Settings) -> ListSource:
    return ListSource(
        list_id=each.id,
        purpose=each.purpose,
        root=Path(each.root).read_bytes(),
        urls=each.urls,
        never_names=(*each.never_names(), *own_names(settings)),
        criteria_set=each.criteria_set,
        tls=TlsFiles(each.tls.ca, each.tls.certificate, each.tls.key) if each.tls else None,
    )
