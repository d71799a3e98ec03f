"""The file of attestations: what is read, refused, and taken for what."""

from __future__ import annotations

import datetime as dt
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from resolver.preflight.attested import Attestation, Attestations, about, asked, ends, is_nobody, template
from resolver.settings import SettingsFault
from tests.support.preflight import Stage


@pytest.mark.parametrize(
    "words", ["nobody", "Nobody: a demo", "", "  ", "TBD", "n/a", "未定", "担当者", "なし", "-", "???"]
)
def test_a_placeholder_is_nobody(words: str) -> None:
    """What people write so that a field is not empty."""
    assert is_nobody(words)


@pytest.mark.parametrize(
    "words", ["山田 太郎", "N. Abe", "Nonaka Aki", "Demos A.", "A. Decider, Sample Internet", "担当者 佐藤"]
)
def test_a_name_is_somebody(words: str) -> None:
    """Also one that begins like a placeholder."""
    assert not is_nobody(words)


@pytest.mark.parametrize(
    ("days", "left"), [([], 91), ([0, 1], 90), ([0, 90], 1), ([0, 91], 91), ([0, -1], 91), ([-2_900_000], 91)]
)
def test_the_oldest_good_word_ends_the_report(days: list[int], left: int) -> None:
    """No promise rests on what was looked at more than 90 days ago; what is too old, or from tomorrow, ends nothing."""
    now = dt.datetime(2026, 11, 22, 9, tzinfo=dt.UTC)
    dates = [now.date() - dt.timedelta(days=each) for each in days]
    words = Attestations(None, {str(each): Attestation("N. Abe", "NOC", each) for each in dates})
    assert ends(words, now.timestamp()) == dt.datetime(2026, 11, 22, tzinfo=dt.UTC) + dt.timedelta(days=left)


def read(folder: Path, text: str) -> Attestations:
    path = folder / "attestations.yaml"
    path.write_text(text)
    return Attestations.read(path)


def test_it_is_read(tmp_path: Path) -> None:
    """By whom, in which office, when, about what; a form nobody has filled in is none."""
    text = 'ids: {by: A, office: B, date: 2026-11-20}\nrelease: {by: C, office: D, date: 2026-11-21, about: "7d"}\n'
    made = read(tmp_path, text + "decision:\n  by:\n  office:\n  date:\n  about: x\n")
    assert made.given == {
        "ids": Attestation("A", "B", dt.date(2026, 11, 20)),
        "release": Attestation("C", "D", dt.date(2026, 11, 21), "7d"),
    }


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("idz: {by: A, office: B, date: 2026-11-20}", "no such attestation is asked for"),
        ("ids: {by: A, office: B}", "expected by, office and date"),
        ("ids: {by: A, office: B, date: 2026-11-20, sure: true}", "expected by, office and date"),
        ("ids: yes", "expected by, office and date"),
        ("ids: {by: A, office: B, date: yesterday}", "expected a day like"),
        ("ids: {by: A, office: B, date: }", "expected a day like"),
        ("ids: {by: [A], office: B, date: 2026-11-20}", "a name on one line"),
        ('ids: {by: A, office: "B\\e[8m", date: 2026-11-20}', "a name on one line"),
        ("- ids", "expected `id:"),
        ("ids: {by: A", "line 2"),
    ],
)
def test_what_cannot_be_meant_is_refused_with_its_place(tmp_path: Path, text: str, said: str) -> None:
    """All faults at once, as for the settings."""
    with pytest.raises(SettingsFault) as fault:
        read(tmp_path, "\n" + text)
    assert said in str(fault.value)


def test_a_file_that_is_not_there_is_told(tmp_path: Path) -> None:
    """With its path."""
    with pytest.raises(SettingsFault, match=r"cannot read .*none.yaml"):
        Attestations.read(tmp_path / "none.yaml")


@given(st.binary(max_size=200))
def test_any_bytes_are_read_or_refused(tmp_path_factory: pytest.TempPathFactory, data: bytes) -> None:
    """Never anything but a SettingsFault."""
    path = tmp_path_factory.getbasetemp() / "any.yaml"
    path.write_bytes(data)
    try:
        Attestations.read(path)
    except SettingsFault as fault:
        assert fault.faults


def test_what_is_asked_depends_on_the_settings(tmp_path: Path) -> None:
    """The template asks for it in the same order, with what it must be about."""
    stage = Stage(tmp_path)
    stage.settings["answer"] = {"mode": "dns-only"}
    stage.settings["release"] = {"enabled": True, "lines_served": 200_000}
    settings = stage.loaded()
    assert asked(settings) == ("upstream_log", "terms_published", "decision", "release")
    assert [about(settings, key) for key in asked(settings)] == ["", "2026-11", "demo", "1d, 200000 lines"]
    assert '  about: "1d, 200000 lines"\n' in template(settings)
