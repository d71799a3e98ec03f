"""How the next version is staged: its set, its files, the chain of deltas to it and its line of the public record."""

import os
from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Final

from attrs import define, evolve

from blocklist.entries import Entry
from blocklist.keyring import MATCH_PROFILE
from blocklist.manifest import Bulk, Manifest, RekeyOf
from blocklist.publish.body import EDITORS_NEEDED
from blocklist.publish.faults import Refusal
from blocklist.publish.files import only_one
from blocklist.publish.keys import setup
from blocklist.publish.keys.keyfiles import EditorKeys
from blocklist.publish.master import approvals
from blocklist.publish.master.vault import KEY_BYTES
from blocklist.publish.review import checks
from blocklist.publish.versions import assemble, deltas, duty, public_log, signing
from blocklist.publish.versions.assemble import Assembly, Version
from blocklist.publish.versions.stage import TARGETS
from blocklist.publish.versions.subscribing import Subscribing

OLD_KEPT: Final = timedelta(days=30)  # since an epoch began: how long the files of the one before stay published


@define
class Building(Subscribing):
    """An open desk and the version being built on it."""

    # --- check ----------------------------------------------------------------------------------------
    def check(self, keys: EditorKeys, now: datetime, *, approved_only: bool = False) -> checks.Report:
        """Every publisher's guard over the live entries; with `approved_only`, over those a build would take."""
        rules = checks.make_rules(self.body.own_domain, checks.read_never_names(self.folder), now.date())
        entries = tuple(self._approved(keys) if approved_only else self.candidates(keys))
        report = checks.check_entries(entries, rules)
        secret = self.open_key(keys, MATCH_PROFILE)
        records = assemble.assemble(self.body, self.criteria, secret, entries, now.date()).records
        published = self._master.releases.last_published()
        size = checks.check_size(published[1] if published else None, records, self._announced(now))
        return evolve(report, findings=(*report.findings, *size.findings), size=size)

    def _announced(self, now: datetime) -> Bulk | None:
        """What the published version announced for the next one, once ISPs have held it long enough to heed it."""
        published = self._published()
        if published is None:
            return None
        since = datetime.fromisoformat(self._master.releases.published_at(published.manifest.version))
        if now - since < timedelta(seconds=assemble.MIN_WAIT_SECONDS):
            return None
        bulk = published.manifest.bulk
        return bulk if bulk is not None and bulk.version == self.next_version() else None

    # --- the set --------------------------------------------------------------------------------------
    def assembled(self, keys: EditorKeys, now: datetime, *, mine_only: bool = False) -> Assembly:
        """The set of entries that enough editors approved; with `mine_only`, those this editor proves to be hers."""
        entries = self._mine(keys) if mine_only else self._approved(keys)
        return assemble.assemble(self.body, self.criteria, self.open_key(keys, MATCH_PROFILE), entries, now.date())

    def _approved(self, keys: EditorKeys) -> Iterator[Entry]:
        return self.candidates(keys, EDITORS_NEEDED)

    def _mine(self, keys: EditorKeys) -> Iterator[Entry]:
        """What this editor proves: the entries she approved as they stand, without what is proven to be withdrawn."""
        mine = self._master.approvals_by(keys.name)
        off = self._off_for(keys) | self.held_back_from(keys)
        return approvals.approved_entries((one for one in self._approved(keys) if one.id not in off), mine, keys)

    def _off_for(self, keys: EditorKeys) -> frozenset[str]:
        return duty.proven_off(self.body, self._master, self._master.approvals_by(keys.name), keys)

    # --- build ----------------------------------------------------------------------------------------
    def build(self, keys: EditorKeys, now: datetime, bulk: Bulk | None = None) -> Manifest:
        """Stage the next version, unsigned, from the approved entries; the keyring too when it changed or ages.

        `bulk` announces a later version's size. Raises `Refusal` when no approved entry is left.
        """
        with only_one(self.folder):
            self.body.check_duties()
            assembly = self.assembled(keys, now)
            if not assembly.records:
                raise Refusal(
                    "empty_list", "no entry is approved by two editors and in force: an empty list is refused"
                )
            published = self._published()
            number, seen = self.next_version(), self._master.withdrawals.last_serial()
            chain = deltas.extend(published, self.body.epoch, number, assembly.records, assembly.context)
            version = Version(number, now.replace(microsecond=0), bulk, seen, chain)
            return self._put(keys, assembly, version, published.records if published else b"", now)

    def _put(
        self, keys: EditorKeys, assembly: Assembly, version: Version, before: bytes | None, now: datetime
    ) -> Manifest:
        """Book the version, then stage it: a kill in between leaves the stage as it was, and the build is run again."""
        line = public_log.line_for(assembly, self._log_key(keys), version, before)
        lines = self._master.releases.log_lines(version.number)
        files = assembly.files(evolve(version, log=public_log.head([*lines, line])))
        manifest = Manifest.from_bytes(files[assemble.INDEX_PATH])
        with self._master.transaction():
            self._master.releases.put(assembly.release(manifest, files, line))
            if manifest.rekey_of is not None:
                readers, list_id = self.body.readers(), self.body.list_id
                setup.wrap_for(self._master, list_id, MATCH_PROFILE, manifest.epoch, readers, assembly.secret)
        files |= self._carried(version.signed_at, manifest.rekey_of)
        self.stage.put(TARGETS, signing.make_targets(self.body, version.number, files, version.signed_at), files)
        self._build_keyring(assembly.body, assembly.secret, now)
        return manifest

    def _carried(self, at: datetime, rekey_of: RekeyOf | None) -> dict[str, bytes]:
        """Files of old epochs that a version signed at `at` goes on naming, for subscribers that are behind."""
        releases = self._master.releases
        begun = [number for number, since in releases.epochs_begun() if at - datetime.fromisoformat(since) < OLD_KEPT]
        rekeys = [Manifest.from_bytes(releases.manifest(number)).rekey_of for number in begun]
        old = [one for one in (*rekeys, rekey_of) if one is not None]
        paths = [one.full.path for one in old] + [link.path for one in old for link in one.deltas]
        kept = ((path, releases.file(path)) for path in paths)
        return {path: data for path, data in kept if data is not None}

    def next_version(self) -> int:
        """Above the published one, and above a staged one somebody signed: no two signed files share a number."""
        staged = self.stage.load(TARGETS)
        signed = staged.signed.version if staged is not None and staged.signatures else 0
        published = self._master.releases.last_published()
        return max(signed, published[0] if published else 0) + 1

    def _published(self) -> deltas.Published | None:
        """The last published version; None before the first, and for one published before indexes were kept."""
        last = self._master.releases.last_published()
        data = self._master.releases.manifest(last[0]) if last else b""
        if last is None or not data:
            return None
        return deltas.Published(Manifest.from_bytes(data), last[1], self._master.releases.file)

    def _log_key(self, keys: EditorKeys) -> bytes:
        """The key behind the public record's commitments; a desk made before there was one gets it here."""
        if not self._master.has_wrapped(setup.LOG_PROFILE):
            editors = {editor.name: editor.reading for editor in self.body.editors}
            with self._master.transaction():
                setup.wrap_for(
                    self._master,
                    self.body.list_id,
                    setup.LOG_PROFILE,
                    setup.FIRST_EPOCH,
                    editors,
                    os.urandom(KEY_BYTES),
                )
        return self.open_key(keys, setup.LOG_PROFILE)
