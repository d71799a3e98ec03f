"""Seeing what changes on a desk, and approving it: entry by entry, or all that a diff showed.

Adding takes two editors: an approval is one editor's signature over an entry, word for word.
"""

from collections.abc import Collection
from datetime import datetime

from attrs import define

from blocklist.entries import Entry
from blocklist.errors import OperatorFault
from blocklist.publish.body import EDITORS_NEEDED
from blocklist.publish.faults import Refusal
from blocklist.publish.files import only_one
from blocklist.publish.keys.keyfiles import EditorKeys
from blocklist.publish.master import approvals
from blocklist.publish.records import shown
from blocklist.publish.review.difference import Difference, compare
from blocklist.publish.review.workbench import Workbench


@define
class Reviewing(Workbench):
    """An open desk, and an editor who looks at it."""

    def diff(self, keys: EditorKeys, now: datetime) -> Difference:
        """What changes against the last published version; remembered as the state this editor has seen."""
        with only_one(self.folder):
            difference = self._difference(keys, now)
            self._master.put_seen(keys.name, approvals.sign_seen(difference.digest, self.body.list_id, keys).hex())
            return difference

    def approve(self, keys: EditorKeys, ids: Collection[str]) -> int:
        """Sign entries, subscribers or `holders` by id; returns how many are newly approved by this editor."""
        with only_one(self.folder), self._master.transaction():
            if self.holders in ids:
                self.agree(keys)
            return self._approve(keys, frozenset(ids) - {self.holders}) + (self.holders in ids)

    def approve_shown(self, keys: EditorKeys, entries: Collection[Entry]) -> int:
        """Sign these very entries, as she was shown them: whoever changes the desk meanwhile gains nothing."""
        with only_one(self.folder), self._master.transaction():
            self._check_live([entry.id for entry in entries])
            self._master.put_approvals(keys.name, approvals.sign_entries(entries, keys))
        return len(entries)

    def approve_all(self, keys: EditorKeys, now: datetime, digest: str | None = None) -> int:
        """Sign everything that waits, if the desk still is what this editor's last diff (or `digest`) showed.

        What she saw is kept under her signature: whoever writes in the master cannot say that she saw something else.
        """
        with only_one(self.folder), self._master.transaction():
            difference = self._difference(keys, now)
            mark = approvals.sign_seen(difference.digest, self.body.list_id, keys).hex()
            if digest != difference.digest and (digest or self._master.seen(keys.name) != mark):
                raise Refusal(
                    "state_not_seen",
                    "the desk is not what you were shown: run `mamori-list diff` and look first",
                )
            return self._approve(keys, self.items() - frozenset(difference.expired))

    def _approve(self, keys: EditorKeys, ids: frozenset[str]) -> int:
        """Inside the caller's transaction."""
        wanted = sorted(ids - self._master.approvals_by(keys.name).keys())
        subscribers = {one.id: one for one in self._master.subscribers()}
        entries = [item for item in wanted if item not in subscribers]
        self._check_live(entries)
        asked = (subscribers[item] for item in wanted if item in subscribers)
        list_id = self.body.list_id
        self._master.put_approvals(keys.name, approvals.sign_entries(self.opened(entries, keys), keys))
        self._master.put_approvals(keys.name, (approvals.sign_subscriber(one, list_id, keys) for one in asked))
        return len(wanted)

    def _check_live(self, ids: Collection[str]) -> None:
        unknown = frozenset(ids) - self._master.entries.live_among(ids)
        if unknown:
            word = shown(min(unknown))
            raise OperatorFault("entry_unknown", f"no live entry or subscriber {word}: nothing was approved")

    def _difference(self, keys: EditorKeys, now: datetime) -> Difference:
        return compare(
            self.entries(keys),
            self.suspended() | self.withdrawn_ids(),
            self._master.releases.published_ids(),
            self._master.subscribers(),
            self._master.approvers(),
            EDITORS_NEEDED,
            now.date(),
        )
