"""Files that go from hand to hand: whatever is in them, a reader says so in its own words, or reads them."""

from __future__ import annotations

import json
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tuf.api.metadata import Metadata

from blocklist.errors import BlocklistError
from blocklist.publish.keys.ceremony import Plan
from blocklist.publish.keys.minutes import Minutes
from blocklist.publish.keys.publickeys import PublicKeys, make_keys
from blocklist.publish.keys.rotation import Change
from blocklist.publish.publication.admission import Standing, admit
from blocklist.publish.publication.drop import DropLimits, Submission
from tests.blocklist.publish.signers import Signers, new_signer
from tests.blocklist.publish.support import NOW, PASSPHRASE

JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**53), 2**53) | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=6,
)
BODY = Signers()
ROOT = BODY.make_root()
TARGETS = BODY.make("targets", 2).metadata
STANDING = Standing(ROOT, {"targets": BODY.make("targets", 1).metadata})


@pytest.fixture(scope="module")
def public(tmp_path_factory: pytest.TempPathFactory) -> PublicKeys:
    return make_keys(tmp_path_factory.mktemp("keys"), "editor", "bob", PASSPHRASE, with_duty=True)


@st.composite
def twisted(draw: st.DrawFn, document: Any) -> Any:
    """The document with one value, anywhere in it, replaced or left out."""
    if not isinstance(document, dict | list) or not document or draw(st.integers(0, 3)) == 0:
        return draw(JSON)
    keys = list(document) if isinstance(document, dict) else list(range(len(document)))
    key = draw(st.sampled_from(keys))
    changed = document.copy()
    if draw(st.booleans()):
        changed[key] = draw(twisted(document[key]))
    else:
        del changed[key]
    return changed


def read(reader: Callable[[bytes], object], document: object) -> None:
    """A reader may refuse; it may not fall over."""
    data = json.dumps(document, sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode(errors="replace")
    with suppress(BlocklistError):
        reader(data)


@given(data=st.data())
def test_public_key_files(public: PublicKeys, data: st.DataObject) -> None:
    """Whatever a new holder hands over."""
    read(PublicKeys.from_bytes, data.draw(twisted(public.to_plain())))


@given(data=st.data())
def test_plans(public: PublicKeys, data: st.DataObject) -> None:
    """Whatever is on the stick."""
    plan = Plan("lost", (Change("bob", public),), NOW)
    read(Plan.from_bytes, data.draw(twisted(json.loads(plan.to_bytes()))))


@given(data=st.data())
def test_minutes(data: st.DataObject) -> None:
    """Read, proven and shown."""
    signer = new_signer()
    minutes = Minutes({"changes": [], "root_after": 2}).signed("root-1", signer, NOW)
    keys = {signer.public_key.keyid: signer.public_key}
    read(lambda raw: Minutes.from_bytes(raw).proven(keys), data.draw(twisted(json.loads(minutes.to_bytes()))))


@given(data=st.data())
def test_submissions(data: st.DataObject) -> None:
    """Whatever lies in the drop folder: refused, or what the editors signed."""
    role = data.draw(twisted(json.loads(TARGETS)))
    raw = json.dumps(role).encode()
    submission = Submission(Path("x"), (), {"targets": raw}, {}, None)
    try:
        admitted = admit(submission, STANDING, lambda _: b"2", NOW, DropLimits())
    except BlocklistError:
        return
    assert Metadata.from_bytes(admitted.roles[0].metadata).signed == Metadata.from_bytes(TARGETS).signed
