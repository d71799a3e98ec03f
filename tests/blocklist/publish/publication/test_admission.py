"""What a submission must prove."""

from __future__ import annotations

from pathlib import Path

import pytest
from attrs import evolve

from blocklist.publish.faults import Refusal
from blocklist.publish.publication import drop
from blocklist.publish.publication.admission import Admitted, Standing, admit, chain
from blocklist.publish.publication.drop import DropLimits
from blocklist.publish.publication.outlet import SignedRole
from blocklist.publish.versions.signing import MAX_STEP
from tests.blocklist.publish.signers import Signers
from tests.blocklist.publish.support import NOW

BODY = Signers()
ROOT = BODY.make_root()
TARGETS, KEYRING = BODY.make("targets", 5), BODY.make("keyring", 5)
STANDING = Standing(ROOT, {"targets": TARGETS.metadata, "keyring": KEYRING.metadata})


def submit(
    folder: Path, *roles: SignedRole, standing: Standing = STANDING, roots: dict[int, bytes] | None = None
) -> Admitted:
    place = drop.put(folder, roles, NOW, roots=roots)
    return admit(drop.read(place, DropLimits()), standing, lambda _: None, NOW, DropLimits())


def refusal(folder: Path, *roles: SignedRole, **how: object) -> str:
    with pytest.raises(Refusal) as caught:
        submit(folder, *roles, **how)  # type: ignore[arg-type]
    return caught.value.code


def test_a_first_version_and_the_next_are_admitted(tmp_path: Path) -> None:
    """Targets and keyring of one version together, or each alone."""
    first = submit(tmp_path, TARGETS, KEYRING, standing=Standing(ROOT, {}))
    assert [role.name for role in first.roles] == ["targets", "keyring"]
    assert first.roles[0].files == {"current": b"5"}
    assert submit(tmp_path, BODY.make("withdraw", 1)).roles[0].name == "withdraw"
    assert submit(tmp_path, BODY.make("targets", 6)).orphaned == ()


def test_the_published_files_themselves_are_admitted_again(tmp_path: Path) -> None:
    """A run that was cut short is done again."""
    assert submit(tmp_path, TARGETS, KEYRING).roles[0] == TARGETS


def test_too_few_or_foreign_signatures_are_refused(tmp_path: Path) -> None:
    """One editor of three, one editor twice, and the keys of another role."""
    one, keyring = BODY.targets[0], BODY.keyring
    assert refusal(tmp_path, BODY.make("targets", 6, by=[one])) == "signatures"
    assert refusal(tmp_path, BODY.make("targets", 6, by=[one, one])) == "signatures"
    assert refusal(tmp_path, BODY.make("targets", 6, by=keyring)) == "signatures"
    assert refusal(tmp_path, BODY.make("withdraw", 6, by=BODY.targets)) == "signatures"
    assert refusal(tmp_path, BODY.make("keyring", 6), standing=Standing(ROOT, {})) == "no_targets"


def test_old_expired_and_malformed_roles_are_refused(tmp_path: Path) -> None:
    """Each with its own word."""
    assert refusal(tmp_path, BODY.make("targets", 4)) == "version_old"
    assert refusal(tmp_path, BODY.make("targets", 5, {"a": b"other"})) == "version_old"
    assert refusal(tmp_path, BODY.make("targets", 6, days=0)) == "expired"
    assert refusal(tmp_path, SignedRole("targets", b"{}", {})) == "metadata"
    assert refusal(tmp_path, SignedRole("targets", ROOT, {})) == "metadata"


def test_a_stolen_duty_key_cannot_use_up_the_versions(tmp_path: Path) -> None:
    """A withdraw version far above POSIX seconds would leave no room for an honest one; a minute ahead is a clock."""
    now = int(NOW.timestamp())
    assert refusal(tmp_path, BODY.make("withdraw", 2**40)) == "version_ahead"
    assert submit(tmp_path, BODY.make("withdraw", now + 60)).roles[0].name == "withdraw"


def test_editors_versions_do_not_leap(tmp_path: Path) -> None:
    """A desk whose last version a thief wrote by hand would use up all there are: what is published here tells."""
    for name in ("targets", "keyring"):
        assert refusal(tmp_path, BODY.make(name, 5 + MAX_STEP + 1)) == "version_far"
        assert submit(tmp_path, BODY.make(name, 5 + MAX_STEP)).roles[0].name == name


def test_missing_and_changed_files_are_refused(tmp_path: Path) -> None:
    """A file comes along or is published already, byte for byte what was signed."""
    role = BODY.make("targets", 6, {"match/1/6.full": b"records"})
    assert refusal(tmp_path, evolve(role, files={})) == "file_missing"
    place = drop.put(tmp_path, (role,), NOW)
    (file,) = (place / "files").iterdir()
    file.write_bytes(b"RECORDS")
    with pytest.raises(Refusal, match="not the file that was signed"):
        admit(drop.read(place, DropLimits()), STANDING, lambda _: None, NOW, DropLimits())
    file.unlink()
    read = drop.read(place, DropLimits())
    assert admit(read, STANDING, lambda _: b"records", NOW, DropLimits()).roles == (role,)


def test_a_new_root_needs_the_old_holders_and_the_new_ones(tmp_path: Path) -> None:
    """Version by version, none left out."""
    new = BODY.with_new("root").with_new("root")
    second = new.make_root(2, BODY)
    assert submit(tmp_path, roots={2: second}).root == second
    assert refusal(tmp_path, roots={2: new.make_root(2)}) == "root_signatures"
    assert refusal(tmp_path, roots={3: BODY.make_root(3)}) == "root_gap"
    assert refusal(tmp_path, roots={2: BODY.make_root(2, days=0)}) == "expired"
    assert list(chain(ROOT, (ROOT, second, new.make_root(3)))) == [2, 3]


def test_replaced_editors_hand_over_a_version_with_the_root_that_names_them(tmp_path: Path) -> None:
    """A root that leaves the published targets unsigned would stop every subscriber."""
    new = BODY.with_new("targets").with_new("targets")
    new = evolve(new, targets=[new.targets[0], *Signers().targets[:2]])
    second = new.make_root(2, BODY)
    assert refusal(tmp_path, roots={2: second}) == "signers_replaced"
    assert submit(tmp_path, new.make("targets", 6), roots={2: second}).root == second


def test_replaced_delegates_are_told_or_refused(tmp_path: Path) -> None:
    """A keyring no longer signed is refused; a withdrawal no longer signed is an alarm, since it must not delay."""
    standing = evolve(STANDING, roles={**STANDING.roles, "withdraw": BODY.make("withdraw", 3).metadata})
    assert submit(tmp_path, BODY.with_new("withdraw").make("targets", 6), standing=standing).orphaned == ("withdraw",)
    new = evolve(BODY, keyring=Signers().keyring)
    assert refusal(tmp_path, new.make("targets", 6), standing=standing) == "signers_replaced"
    assert submit(tmp_path, new.make("targets", 6), new.make("keyring", 6), standing=standing).root == ROOT


def test_a_role_names_no_file_that_is_not_its_own(tmp_path: Path) -> None:
    """One stolen duty key, and a path that leads out of the published folder or to another role's file."""
    for path in ("withdraw/../../../conf.d/evil.conf", "../evil", "/etc/evil", "match/1/6.full", "withdraw/other"):
        assert refusal(tmp_path, BODY.make("withdraw", 6, {path: b"x"})) == "target_path"
    assert refusal(tmp_path, BODY.make("targets", 6, {"match/../../evil": b"x"})) == "target_path"
    assert refusal(tmp_path, BODY.make("keyring", 6, {"withdraw/current": b"x"})) == "target_path"
