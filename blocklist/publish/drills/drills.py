"""What to do when a key is lost or stolen, done in a scratch folder with real keys, and what the thief gets.

Each drill ends when everything it shows holds; the first thing that does not ends it with `Refusal`.
"""

import shutil
from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from pathlib import Path
from time import perf_counter
from typing import Any, Final

from tuf.api.metadata import Metadata, Targets

from blocklist.publish.drills.rehearsal import Rehearsal
from blocklist.publish.files import make_folder
from blocklist.publish.master.master import Master
from blocklist.publish.publication import drop
from blocklist.publish.publication.admission import Standing, admit
from blocklist.publish.publication.drop import DropLimits
from blocklist.publish.publication.outlet import OnlineKeys, Outlet, SignedRole, write_timestamp
from blocklist.publish.versions import roles
from blocklist.publish.versions.stage import TARGETS
from blocklist.trust.outcome import Kind

ENTRIES: Final = 20
FAR_AHEAD: Final = 2**31  # a version nobody reaches honestly
AFTER_THE_FIRST_DAYS: Final = timedelta(hours=73)  # entries older than 72 h: a withdrawal of them is capped

Drill = Callable[[Rehearsal], dict[str, Any]]


def lost_key(here: Rehearsal) -> dict[str, Any]:
    """An editor lost her keys."""
    alice, carol, online = here.editor("alice"), here.editor("carol"), here.online()
    _first_version(here)
    here.add(1, (alice, carol))
    here.publish((alice, carol), here.officer("carol"), online)
    here.follows("the two editors who have their keys publish without bob; the ISP follows")
    home = here.folder / "bob"
    change = here.new_keys("bob", "editor", home, with_duty=True)
    taken = here.hold("lost", _root_holders(here), change, editor=alice)
    here.step(f"root {taken.root_version} names bob's new keys; alice wrapped the desk's secrets to them")
    new = here.editor("bob", home)
    here.expect(len(list(here.desk.entries(new))) == ENTRIES + 1, "bob reads the desk with his new keys")
    here.expect(here.desk.approve(new, here.desk.items()) > 0, "bob approves again what he stands behind")
    here.add(1, (alice, new))
    here.publish((alice, new), here.officer("carol"), online)
    here.follows("alice and bob publish; the ISP pinned root 1 and did nothing")
    return {"root_version": taken.root_version, "entries_to_approve": taken.entries_to_approve}


def stolen_key(here: Rehearsal) -> dict[str, Any]:
    """Somebody has all key files of one editor, and her passphrase. Alone they add nothing."""
    alice, thief, online = here.editor("alice"), here.editor("bob"), here.online()
    _first_version(here)
    (slipped_in,) = here.add(1, (thief,))
    _forge_approval(here, slipped_in, "alice")
    now = here.clock.utc
    here.desk.build(thief, now)
    here.desk.sign(thief, now)
    here.step("the thief adds an entry, writes an approval of alice's beside his own, builds and signs")
    here.refused(lambda: here.desk.sign(alice, now), "not_approved", "alice's tool does not sign it")
    here.refused(lambda: here.desk.publish(here.out, online, now), "signatures_missing", "it cannot be published")
    forged = here.desk.stage.signed(TARGETS)
    here.refused(lambda: _submit(here, forged), "signatures", "the online signer refuses what one editor signed")
    _serve_copy(here, online, forged)
    here.expect(here.isp.refresh().kind is Kind.FAILED, "served under stolen online keys, the ISP refuses it, too")
    here.transport.out = here.out
    here.expect(here.isp.status().entries == ENTRIES, "the ISP's last good list stays in force, whole")
    home = here.folder / "bob"
    change = here.new_keys("bob", "editor", home, with_duty=True)
    taken = here.hold("stolen", _root_holders(here), change, editor=alice)
    here.step(f"root {taken.root_version} names new keys; {taken.entries_to_approve} entries must be approved again")
    new = here.editor("bob", home)
    here.desk.remove([slipped_in], alice, here.clock.utc)
    here.add(1, (alice, new))
    here.publish((alice, new), here.officer("carol"), online)
    here.follows("the next version is signed by alice and the new keys; the ISP follows")
    forged = _signed_by(here, thief.signing, alice.signing)
    here.refused(lambda: _submit(here, forged), "signatures", "the stolen key and one good one are not two")
    return {"root_version": taken.root_version, "entries_to_approve": taken.entries_to_approve}


def stolen_online_key(here: Rehearsal) -> dict[str, Any]:
    """Somebody has both online keys, and runs ahead so that nobody can follow."""
    alice, carol, online = here.editor("alice"), here.editor("carol"), here.online()
    _first_version(here)
    stolen = here.folder / "stolen"
    shutil.copytree(here.out, stolen)
    here.clock.pass_time(timedelta(minutes=10))
    snapshot = roles.make_snapshot(FAR_AHEAD, Outlet(stolen).published(), online.snapshot, here.clock.utc).to_bytes()
    (stolen / "metadata" / f"{FAR_AHEAD}.snapshot.json").write_bytes(snapshot)
    write_timestamp(stolen, roles.make_timestamp(FAR_AHEAD, snapshot, online.timestamp, here.clock.utc).to_bytes())
    here.transport.out = stolen
    here.expect(here.isp.refresh().kind is Kind.UNCHANGED, "the thief freezes the ISP: the same list, version 2^31")
    here.transport.out = here.out
    Outlet(here.out).stamp(online, here.clock.utc)
    here.expect(here.isp.refresh().kind is Kind.FAILED, "the honest timestamp is behind it, and is refused")
    here.expect(here.isp.status().entries == ENTRIES, "the list stays in force; nothing was added")
    home = here.folder / "online"
    changes = [here.new_keys(role, role, home) for role in ("snapshot", "timestamp")]
    taken = here.hold("stolen", _root_holders(here), *changes, editor=alice)
    new = here.online(home)
    Outlet(here.out).publish(here.desk.root, (), new, here.clock.utc)
    here.expect(here.isp.refresh().kind is Kind.UNCHANGED, f"root {taken.root_version} names new keys: the ISP is free")
    here.add(1, (alice, carol))
    here.publish((alice, carol), here.officer("carol"), new)
    here.follows("and follows the next version")
    return {"root_version": taken.root_version}


def stolen_duty_key(here: Rehearsal) -> dict[str, Any]:
    """Somebody has a duty officer's keys, and takes off all they can."""
    alice, carol, online, thief = here.editor("alice"), here.editor("carol"), here.online(), here.officer("bob")
    ids = _first_version(here)
    here.clock.pass_time(AFTER_THE_FIRST_DAYS)
    role = here.desk.withdraw(ids, thief, here.clock.utc)
    Outlet(here.out).publish(here.desk.root, (role,), online, here.clock.utc)
    here.isp.refresh()
    status = here.isp.status()
    taken_off = status.withdrawn
    here.expect(0 < taken_off <= 3, f"of {ENTRIES} entries withdrawn at once the ISP takes {taken_off} off")
    here.expect(status.withdrawals_refused == ENTRIES - taken_off, "refuses the rest, and alarms")
    here.expect(status.entries == ENTRIES - taken_off, "the key adds nothing")
    keys = here.folder / "keys"
    (keys / "bob.duty.pem").rename(here.folder / "stolen.duty.pem")
    change = here.new_keys("bob", "duty", keys)
    here.hold("stolen", (("alice", keys), ("carol", keys)), change, editor=alice)
    here.step("two editors replace the duty key: root does not name it, so no root holder is needed")
    for editor in (alice, carol):
        here.desk.reinstate(ids, editor)
    here.approve((alice, carol))
    here.add(1, (alice, carol))
    here.publish((alice, carol), here.officer("carol"), online)
    here.follows("they put the entries back with the next version")
    here.expect(here.isp.status().entries == ENTRIES + 1, "everything is in force again")
    withdrawn = here.desk.withdraw(ids[:1], thief, here.clock.utc)
    here.refused(lambda: _submit(here, withdrawn), "signatures", "the stolen key counts no more")
    return {"taken_off": taken_off, "refused": ENTRIES - taken_off}


def lost_root_key(here: Rehearsal) -> dict[str, Any]:
    """A root holder lost her key."""
    alice, carol, online = here.editor("alice"), here.editor("carol"), here.online()
    _first_version(here)
    (here.folder / "keys" / "root-3.pem").unlink()
    home = here.folder / "root-3"
    taken = here.hold("lost", _root_holders(here), here.new_keys("root-3", "root", home), editor=alice)
    here.step(f"the two other holders sign root {taken.root_version} with a new key in seat 3")
    here.add(1, (alice, carol))
    here.publish((alice, carol), here.officer("carol"), online)
    here.follows("the ISP follows")
    holders = (("root-1", here.folder / "keys"), ("root-3", home))
    taken = here.hold("renewal", holders, editor=alice)
    here.step(f"the new holder signs root {taken.root_version} with another one")
    here.add(1, (alice, carol))
    here.publish((alice, carol), here.officer("carol"), online)
    here.follows("the ISP follows again, having pinned root 1")
    return {"root_version": taken.root_version}


DRILLS: Final[Mapping[str, Drill]] = {
    "lost-key": lost_key,
    "stolen-key": stolen_key,
    "stolen-online-key": stolen_online_key,
    "stolen-duty-key": stolen_duty_key,
    "lost-root-key": lost_root_key,
}


def run(name: str, folder: Path, now: datetime, say: Callable[[str], None]) -> dict[str, Any]:
    """Run one drill in the empty folder `folder`; returns its steps and figures. Raises `Refusal` where it fails."""
    began = perf_counter()
    here = Rehearsal.begin(folder, now, say)
    try:
        figures = DRILLS[name](here)
    finally:
        here.close()
    return {"drill": name, "ok": True, "steps": here.steps, "seconds": round(perf_counter() - began, 2), **figures}


def _first_version(here: Rehearsal) -> tuple[str, ...]:
    """A list that alice and bob approved and signed, in force at the ISP."""
    editors = (here.editor("alice"), here.editor("bob"))
    ids = here.add(ENTRIES, editors)
    here.publish(editors, here.officer("carol"), here.online())
    here.follows(f"alice and bob publish version 1 with {ENTRIES} entries; the ISP enforces it")
    return ids


def _root_holders(here: Rehearsal) -> tuple[tuple[str, Path], ...]:
    return tuple((seat, here.folder / "keys") for seat in ("root-1", "root-2"))


def _submit(here: Rehearsal, role: SignedRole) -> None:
    """Hand a role to the online signer, as its daemon would judge it."""
    place = drop.put(make_folder(here.folder / "drop"), (role,), here.clock.utc)
    standing = Standing(here.desk.root, Outlet(here.out).published())
    admit(drop.read(place, DropLimits()), standing, lambda _: None, here.clock.utc, DropLimits())


def _forge_approval(here: Rehearsal, entry_id: str, editor: str) -> None:
    """Whoever may write the master can write this: it counts for his build, and for nobody's signature."""
    master = Master.open(here.folder / "desk")
    with master.transaction():
        master.put_approvals(editor, [(entry_id, bytes(64))])
    master.close()


def _signed_by(here: Rehearsal, *signers: Any) -> SignedRole:
    """The published targets under the next number, signed by these keys."""
    metadata = Metadata[Targets].from_bytes(Outlet(here.out).published()[TARGETS])
    metadata.signed.version += 1
    metadata.signatures.clear()
    for signer in signers:
        metadata.sign(signer, append=True)
    return SignedRole(TARGETS, metadata.to_bytes(), {})


def _serve_copy(here: Rehearsal, online: OnlineKeys, forged: SignedRole) -> None:
    """A mirror in the thief's hands, who has the online keys, too."""
    here.clock.pass_time(timedelta(minutes=10))
    stolen = here.folder / "stolen"
    shutil.copytree(here.out, stolen)
    Outlet(stolen).publish(here.desk.root, (forged,), online, here.clock.utc)
    here.transport.out = stolen
