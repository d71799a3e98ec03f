"""index.json."""

import json
from datetime import UTC, date, datetime
from typing import Any

import pytest
from attrs import evolve

from blocklist.criteria import DEMO
from blocklist.errors import PublisherFault
from blocklist.manifest import Bulk, DeltaRef, FileRef, LogHead, Manifest, RekeyOf, delta_path, full_path

PLAIN = Manifest(
    list_id="demo",
    purpose="csam",
    version=7,
    signed_at=datetime(2026, 11, 1, tzinfo=UTC),
    epoch=2,
    base_date=date(2026, 10, 1),
    count=3,
    set_sha256="ab" * 32,
    full=FileRef(full_path(2, 7), 110),
    basis=DEMO.basis,
    criteria_set=DEMO.id,
)
DELTA = DeltaRef(6, 7, delta_path(2, 7), 60)
WHOLE = evolve(
    PLAIN,
    rekey_of=RekeyOf(1, 6, "cd" * 32, 3, FileRef(full_path(1, 6), 110), (DeltaRef(5, 6, delta_path(1, 6), 60),)),
    deltas=(DELTA,),
    selftest=("selftest.example",),
    withdrawals_seen=4,
    log=LogHead(9, "ef" * 32),
    bulk=Bulk(8, 1000, 10),
    min_wait=3600,
)


@pytest.mark.parametrize("manifest", [PLAIN, WHOLE])
def test_a_manifest_survives_its_file(manifest: Manifest) -> None:
    """With every field in use and with none of the optional ones."""
    assert Manifest.from_bytes(manifest.to_bytes()) == manifest


def test_unused_fields_are_written_as_null_zero_or_empty() -> None:
    """No field is ever left out."""
    document = json.loads(PLAIN.to_bytes())
    assert document.keys() == json.loads(WHOLE.to_bytes()).keys()
    unused = ("rekey_of", "deltas", "selftest", "withdrawals_seen", "log", "bulk", "min_wait")
    assert [document[name] for name in unused] == [None, [], [], 0, None, None, 0]


@pytest.mark.parametrize(("first", "accepted"), [(36, True), (35, False)])
def test_a_chain_has_at_most_64_links(first: int, accepted: bool) -> None:
    """Oldest first, each beginning where the one before ends."""
    links = tuple(DeltaRef(start, start + 1, delta_path(2, start + 1), 60) for start in range(first, 100))
    data = evolve(PLAIN, version=100, full=FileRef(full_path(2, 100), 1), deltas=links).to_bytes()
    if accepted:
        assert Manifest.from_bytes(data).deltas == links
    else:
        with pytest.raises(PublisherFault):
            Manifest.from_bytes(data)


def encode(document: dict[str, Any]) -> bytes:
    return json.dumps(document, sort_keys=True, separators=(",", ":")).encode()


@pytest.mark.parametrize("name", json.loads(WHOLE.to_bytes()))
def test_a_missing_or_mistyped_field_is_refused(name: str) -> None:
    """Each field on its own: left out, of a wrong type, and beside an unknown one."""
    document = json.loads(WHOLE.to_bytes())
    for changed in (
        {key: value for key, value in document.items() if key != name},
        document | {name: 1.5},
        document | {name: {"x": 1}},
        document | {name + "_": 1},
    ):
        with pytest.raises(PublisherFault) as caught:
            Manifest.from_bytes(encode(changed))
        assert caught.value.code in ("index", "basis")


def link(start: int, end: int) -> dict[str, Any]:
    return {"from": start, "to": end, "path": delta_path(2, end), "bytes": 1}


REKEY = json.loads(WHOLE.to_bytes())["rekey_of"]


@pytest.mark.parametrize(
    "changes",
    [
        {"format": 2},
        {"base_date": "9999-12-31"},  # entries that never end
        {"version": 0},
        {"epoch": 0},
        {"count": 0},
        {"count": 2_000_001},
        {"withdrawals_seen": -1},
        {"full": {"path": "match/2/8.full", "bytes": 1}},
        {"full": {"path": "match/2/7.full", "bytes": 0}},
        {"deltas": [link(1, 7)] * 2},
        {"deltas": [link(5, 6)]},  # ends before this version
        {"deltas": [link(5, 6), link(6, 7), link(7, 8)]},  # ends after it
        {"deltas": [link(4, 5), link(6, 7)]},  # broken
        {"deltas": [link(7, 7)]},
        {"deltas": [link(8, 7)]},
        {"deltas": [link(6, 7) | {"path": "match/1/7.delta"}]},
        {"deltas": [link(6, 7) | {"path": "match/2/7.full"}]},
        {"deltas": [link(6, 7) | {"bytes": 0}]},
        {"rekey_of": REKEY | {"deltas": [link(6, 7)]}},
        {"rekey_of": REKEY | {"full": {"path": "match/2/6.full", "bytes": 1}}},
        {"basis": []},
        {"selftest": ["SelfTest.example"]},
        {"selftest": [""]},
        {"log": {"size": 1, "root": "x"}},
        {"bulk": {"version": 1, "adds": -1, "removals": 0}},
    ],
)
def test_what_no_list_body_can_mean_is_refused(changes: dict[str, Any]) -> None:
    """Values outside their bounds never reach the subscriber's code."""
    with pytest.raises(PublisherFault):
        Manifest.from_bytes(encode(json.loads(WHOLE.to_bytes()) | changes))
