"""Exemptions and the audit file together: what is done is written down, and what cannot be written down is done too."""

from __future__ import annotations

from datetime import UTC, datetime

from attrs import define

from blocklist.canonical import format_instant
from blocklist.errors import BlocklistError
from blocklist.names import canonical_name
from blocklist.trust.local.audit import Audit, Event, Facts
from blocklist.trust.local.exemptions import ExemptionNote, Exemptions


@define
class Exempting:
    """The two files; `fault` is why the newest line is missing from the audit file, None when it is there."""

    exemptions: Exemptions
    audit: Audit
    fault: BlocklistError | None = None

    def add(self, name: str, *, match: str, reason: str, ticket: str, not_after: float, by: str) -> ExemptionNote:
        """Exempt a name until `not_after` (POSIX), by somebody. Raises as `Exemptions.add`."""
        note = self.exemptions.add(name, match=match, reason=reason, ticket=ticket, not_after=not_after)
        self._write_down(Event.EXEMPTION_ADDED, _facts(note) | {"by": by, "name": self._name_mac(name)})
        return note

    def remove(self, exemption_id: str, *, by: str) -> None:
        """End an exemption. Raises OperatorFault for an unknown id."""
        self.exemptions.remove(exemption_id)
        self._write_down(Event.EXEMPTION_REMOVED, {"id": exemption_id, "by": by})

    def settle(self, now: float) -> BlocklistError | None:
        """Take out what has ended, once it is written down; else another time, and say why.

        Exemptions that do not open are another's to tell: no index is made without them.
        """
        try:
            self.exemptions.settle(now, self._end)
        except BlocklistError as fault:
            return None if fault.code == "sealed" else fault
        return None

    def _end(self, note: ExemptionNote) -> None:
        self.audit.append(Event.EXEMPTION_ENDED, _facts(note))
        self.fault = None

    def _name_mac(self, name: str) -> str:
        return self.audit.name_mac(canonical_name(name))

    def _write_down(self, event: Event, facts: Facts) -> None:
        try:
            self.audit.append(event, facts)
            self.fault = None
        except BlocklistError as fault:
            self.fault = fault


def _facts(note: ExemptionNote) -> dict[str, str | int]:
    until = datetime.fromtimestamp(note.not_after, UTC)
    return {
        "id": note.id,
        "match": note.match,
        "reason": note.reason,
        "ticket": note.ticket,
        "until": format_instant(until),
    }
