"""The chain of deltas a version names."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from attrs import evolve

from blocklist import delta, matchfile
from blocklist.manifest import DeltaRef, Manifest
from blocklist.publish.faults import Refusal
from blocklist.publish.quick import make_body
from blocklist.publish.versions import deltas
from blocklist.publish.versions.deltas import Chain
from blocklist.stream import Kind, unseal
from tests.blocklist.publish.reader import Isp
from tests.blocklist.publish.support import NOW, Office, entry


@pytest.fixture
def stocked(office: Office) -> Iterator[Office]:
    """A desk with 40 entries published: a small delta pays beside its full file."""
    office.add([entry(f"n{number}.example") for number in range(40)], office.alice, office.bob)
    office.publish()
    yield office


def staged(office: Office) -> tuple[Manifest, dict[str, bytes]]:
    files = dict(office.desk.stage.signed("targets").files)
    return Manifest.from_bytes(files["index.json"]), files


def step(office: Office, number: int) -> None:
    """One version with one more entry."""
    office.add([entry(f"more{number}.example")], office.alice, office.bob)
    office.publish(NOW + timedelta(minutes=number))


def test_each_version_adds_a_link_and_keeps_the_files_of_the_ones_before(stocked: Office) -> None:
    """The chain applied to the first set gives the last; older files are the same bytes."""
    first = stocked.desk._master.releases.last_published()
    assert first is not None
    step(stocked, 1)
    _, before = staged(stocked)
    step(stocked, 2)
    manifest, files = staged(stocked)
    assert [(link.from_version, link.to_version) for link in manifest.deltas] == [(1, 2), (2, 3)]
    assert files["match/1/2.delta"] == before["match/1/2.delta"]
    assembly = stocked.desk.assembled(stocked.alice, NOW)
    records = first[1]
    for link in manifest.deltas:
        assert len(files[link.path]) == link.bytes
        records = delta.apply(records, unseal(files[link.path], Kind.DELTA, assembly.context(link.path)))
    assert matchfile.set_digest(records) == manifest.set_sha256


def test_a_rebuilt_version_leaves_no_link_behind(stocked: Office) -> None:
    """Version 2 was signed by one and never published: the chain leads from 1 to 3."""
    stocked.add([entry("more.example")], stocked.alice, stocked.bob)
    stocked.desk.build(stocked.alice, NOW)
    stocked.desk.sign(stocked.alice, NOW)
    stocked.publish()
    manifest, _ = staged(stocked)
    assert [(link.from_version, link.to_version) for link in manifest.deltas] == [(1, 3)]


def test_a_version_of_the_same_set_keeps_the_chain_whole(stocked: Office) -> None:
    """Its delta is empty, and applies."""
    step(stocked, 1)
    stocked.publish(NOW + timedelta(hours=1))
    manifest, files = staged(stocked)
    last = manifest.deltas[-1]
    assert [(link.from_version, link.to_version) for link in manifest.deltas] == [(1, 2), (2, 3)]
    assembly = stocked.desk.assembled(stocked.alice, NOW)
    plain = unseal(files[last.path], Kind.DELTA, assembly.context(last.path))
    assert (plain, delta.apply(assembly.records, plain)) == (deltas.NO_CHANGE, assembly.records)


def test_a_chain_is_cut_where_it_stops_to_pay() -> None:
    """64 links at most, below half of the full file, and nothing behind a file that is gone."""
    links = tuple(DeltaRef(n, n + 1, f"{n}", 10) for n in range(1, 101))
    files = {link.path: b"0123456789" for link in links}
    assert deltas.trim(Chain(links, files), 10**6).links == links[-64:]
    assert deltas.trim(Chain(links, files), 100).links == links[-4:]
    assert deltas.trim(Chain(links, files), 20).links == ()
    del files["99"]
    assert deltas.trim(Chain(links, files), 10**6) == Chain(links[-1:], {"100": b"0123456789"})


def refused(office: Office, manifest: Manifest, files: dict[str, bytes]) -> str:
    assembly = office.desk.assembled(office.bob, NOW)
    with pytest.raises(Refusal) as caught:
        deltas.check(manifest, files, office.desk._published(), assembly.records, assembly.context)
    assert caught.value.code == "deltas_differ"
    return str(caught.value)


def test_an_editor_signs_no_chain_but_the_one_her_entries_give(stocked: Office) -> None:
    """Another older file, another end, a delta to another set, a link too many."""
    step(stocked, 1)
    stocked.add([entry("next.example")], stocked.alice, stocked.bob)
    stocked.desk.build(stocked.alice, NOW)
    manifest, files = staged(stocked)
    older, last = manifest.deltas
    assert "older delta" in refused(stocked, manifest, {**files, older.path: b"other"})
    assert "this version's set" in refused(stocked, manifest, {**files, last.path: files[older.path]})
    assert "does not lead" in refused(stocked, evolve(manifest, deltas=(evolve(last, from_version=1),)), files)
    assert "older delta" in refused(stocked, evolve(manifest, deltas=(older, older, last)), files)
    assert "first version" in refused(stocked, evolve(manifest, epoch=2), files)
    published = stocked.desk._published()
    assembly = stocked.desk.assembled(stocked.bob, NOW)
    deltas.check(evolve(manifest, deltas=(last,)), files, published, assembly.records, assembly.context)


def test_a_subscriber_takes_the_chain(tmp_path: Path) -> None:
    """Two versions behind, it fetches two small files and no full one."""
    isp = Isp(tmp_path / "isp")
    entries = [entry(f"n{number}.example") for number in range(60)]
    body = make_body(
        tmp_path / "desk", list_id="demo", entries=entries, subscriber_public_keys=[isp.public], now=NOW,
        out=tmp_path / "out",
    )  # fmt: skip
    isp.subscribe(body.root)
    isp.visit(body.out, NOW)
    for minute, more in enumerate(("one.example", "two.example"), 1):
        body.desk.remove([entries[minute].id], body.alice, NOW)
        body.desk.insert([entry(more)], body.alice)
        body.republish(NOW + timedelta(minutes=minute))
    asked = isp.asked(body.out, NOW + timedelta(minutes=5))
    assert sorted(path.rpartition(".")[2] for path in asked if "/match/" in path) == ["delta", "delta"]
    assert isp.blocks("one.example") and isp.blocks("two.example")
    assert not isp.blocks(entries[1].name) and not isp.blocks(entries[2].name)
    body.close()
