"""All checks in order, and what is known of time beforehand."""

from collections.abc import Iterator
from pathlib import Path

from blocklist.trust.local.preflight import Finding
from blocklist.trust.storage.state import Memory
from resolver.preflight.attested import Attestations, answered, attestation_checks
from resolver.preflight.case import Case
from resolver.preflight.files import file_checks
from resolver.preflight.host import Host
from resolver.preflight.memory import memory_checks
from resolver.preflight.policy import policy_checks
from resolver.preflight.reach import access_checks, notice_checks
from resolver.preflight.recorders import recorder_checks
from resolver.preflight.wording import finding
from resolver.settings import Settings


def examine(case: Case) -> tuple[Finding, ...]:
    """Look at everything; nothing is changed but what this process itself may do (dumps, umask)."""
    return tuple(_checks(case))


def _checks(case: Case) -> Iterator[Finding]:
    yield from memory_checks(case)
    yield from file_checks(case)
    yield from policy_checks(case)
    yield from access_checks(case)
    if case.shows_notice:
        for each in (*notice_checks(case), *recorder_checks(case)):
            yield answered(each, case.attestations, case.host.now())
    else:
        yield finding("notice_path", "none")
    yield from attestation_checks(case.settings, case.attestations, case.host.now())


def case_of(settings: Settings, config: Path, attestations: Attestations, host: Host, host_key: bytes) -> Case:
    """The case of a settings file; what list bodies last signed is read from the state folder."""
    floors = tuple(_floors(settings, host_key))
    return Case(settings, config, host, attestations, floors)


def _floors(settings: Settings, host_key: bytes) -> Iterator[float]:
    for each in settings.lists:
        known = Memory(settings.state / "lists" / each.id / "state.sealed", host_key, each.id).read()
        if known is not None:
            yield max(known.marks.stamped_at, known.marks.signed_at)
