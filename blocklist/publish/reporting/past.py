"""What a report is made of: the list's lives, the objections, every statement, the public record."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from itertools import takewhile

from attrs import frozen

from blocklist.criteria import CriteriaSet
from blocklist.manifest import LogHead
from blocklist.public_log import LogLine
from blocklist.publish.body import EDITORS_NEEDED, Body
from blocklist.publish.master.master import Master
from blocklist.publish.master.statements import Kind, Statement
from blocklist.publish.reporting.lives import Circumstances, Life, lives
from blocklist.publish.review.casework import TAKEN_BACK
from blocklist.publish.review.objections import Objection
from blocklist.publish.versions import duty, public_log


@frozen(kw_only=True)
class Past:
    """All of it, up to now. Ids and tickets are in here; nothing that is written out has one."""

    list_id: str
    criteria: CriteriaSet
    lives: Sequence[Life]
    published: Mapping[int, datetime]  # version -> when
    record: Sequence[bytes]  # lines of the public record, of published versions
    objections: Sequence[Objection]
    statements: Sequence[Statement]
    not_for_dns: int  # today

    def record_until(self, moment: datetime) -> list[LogLine]:
        """The record's lines of versions published before a moment."""
        lines = map(LogLine.from_bytes, self.record)
        return list(takewhile(lambda line: self.published[line.version] < moment, lines))

    def head(self, size: int) -> LogHead:
        """The record's head when it had so many lines; any copy of the record gives the same."""
        return public_log.head(self.record[:size])


def past_of(master: Master, body: Body, criteria: CriteriaSet, objections: Iterable[Objection], now: datetime) -> Past:
    """Read it from an open master; nobody's key is needed, and no name is opened."""
    published = dict(master.history.published())
    statements = tuple(master.statements.all())
    reinstated = master.withdrawals.unconfirmed().keys() - duty.off(master, body).keys()
    taken_back = {
        one.item: one.said_at for one in statements if one.kind is Kind.REMOVE and one.facts.get("code") in TAKEN_BACK
    }
    known = Circumstances(published=published, reinstated=reinstated, taken_back=taken_back)
    last = max(published, default=0)
    return Past(
        list_id=body.list_id,
        criteria=criteria,
        lives=lives(master.history.listings(), known),
        published=published,
        record=master.releases.log_lines(last + 1),
        objections=tuple(objections),
        statements=statements,
        not_for_dns=master.history.not_for_dns(EDITORS_NEEDED, now.date().isoformat()),
    )
