"""The signed report: what it vouches for, for how long, and that nobody else can write one."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from attrs import evolve
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from hypothesis import given
from hypothesis import strategies as st

from blocklist import canonical
from blocklist.errors import BlocklistError, OperatorFault, PublisherFault
from blocklist.trust.local.preflight import (
    REPORT_NAME,
    Finding,
    Report,
    Standing,
    State,
    keep_report,
    load_report,
    make_report,
    public_key,
    sign,
    standing,
    verify,
)

KEY, OTHER = bytes(32), bytes(31) + b"\1"
NOW = datetime(2026, 11, 22, 3, 4, 5, tzinfo=UTC).timestamp()
DAY, HASH = 86_400.0, "ab" * 32
SWAP = Finding("swap", State.PASSED, "スワップ", "swap", "ありません。", "none.")


def made(**more: Any) -> Report:
    facts: dict[str, Any] = {"host": "r1", "version": "1", "now": NOW, "settings": HASH, "lists": ["demo"]}
    return make_report(KEY, **facts | {"findings": [SWAP], "before": None} | more)


def failed() -> Finding:
    return evolve(SWAP, state=State.FAILED, do_ja="切ってください。", do_en="switch it off.")


def test_a_report_comes_back_as_it_was_written(tmp_path: Path) -> None:
    """In the state folder, 0600, with its end after 90 days; without a file there is none."""
    report = made()
    assert load_report(tmp_path, public_key(KEY)) is None
    keep_report(tmp_path, report, KEY)
    assert load_report(tmp_path, public_key(KEY)) == report
    assert (tmp_path / REPORT_NAME).stat().st_mode & 0o777 == 0o600
    assert report.not_after.timestamp() - NOW == 90 * DAY
    assert report.key == public_key(KEY).hex()
    until = datetime.fromtimestamp(NOW + DAY, UTC)
    assert made(until=until).not_after == until  # what it rests on ends earlier


def test_another_program_verifies_it() -> None:
    """The form is what the page says: Ed25519 over the name of the form and the RFC 8785 object without signature."""
    document = json.loads(sign(made(), KEY))
    signature = bytes.fromhex(document.pop("signature"))
    message = b"\x00\x19mamori/1 preflight report" + canonical.dumps(document)
    Ed25519PublicKey.from_public_bytes(bytes.fromhex(document["key"])).verify(signature, message)


def test_another_host_cannot_have_written_it(tmp_path: Path) -> None:
    """A report copied from the neighbour is told as such."""
    keep_report(tmp_path, made(), KEY)
    with pytest.raises(PublisherFault, match="not signed by this host"):
        load_report(tmp_path, public_key(OTHER))


@given(st.data())
def test_no_changed_byte_passes(data: st.DataObject) -> None:
    """Whatever is changed in the file, wherever: it is refused by a BlocklistError."""
    good = bytearray(sign(made(), KEY))
    at = data.draw(st.integers(0, len(good) - 1))
    good[at] ^= data.draw(st.integers(1, 255))
    with pytest.raises(BlocklistError):
        verify(bytes(good), public_key(KEY))


@pytest.mark.parametrize("change", [{"format": "mamori/2"}, {"more": 1}, {"passed": 1}, {"findings": [{}]}])
def test_a_signed_file_of_another_form_is_refused(change: dict[str, Any]) -> None:
    """What a later release may write is not half understood."""
    unsigned = made().unsigned() | change

    class Odd(Report):
        def unsigned(self) -> dict[str, Any]:
            return unsigned

    odd = Odd(**{name: getattr(made(), name) for name in Report.__slots__ if not name.startswith("__")})  # type: ignore[attr-defined]
    with pytest.raises(PublisherFault, match="preflight: "):
        verify(sign(odd, KEY), public_key(KEY))


def test_a_finding_of_an_unknown_state_is_refused() -> None:
    """Passed, attested, failed, not asked: nothing between."""
    report = made()
    odd = evolve(report, findings=(evolve(SWAP, state="nearly"),))  # type: ignore[arg-type]
    with pytest.raises(PublisherFault, match="state"):
        verify(sign(odd, KEY), public_key(KEY))


def test_a_file_that_cannot_be_read_is_told(tmp_path: Path) -> None:
    """With its place."""
    (tmp_path / REPORT_NAME).mkdir()
    with pytest.raises(OperatorFault, match=REPORT_NAME):
        load_report(tmp_path, public_key(KEY))


@pytest.mark.parametrize(
    ("report", "settings", "lists", "later", "expected"),
    [
        (None, HASH, ["demo"], 0.0, Standing.MISSING),
        (made(), HASH, ["demo"], 0.0, Standing.PASSED),
        (made(), HASH, ["demo"], 90 * DAY - 1, Standing.PASSED),
        (made(), HASH, ["demo"], 90 * DAY, Standing.EXPIRED),
        (made(), HASH, ["demo"], -1800.0, Standing.PASSED),
        (made(), HASH, ["demo"], -7200.0, Standing.EXPIRED),
        (made(), "cd" * 32, ["demo"], 0.0, Standing.OTHER_SETTINGS),
        (made(), "cd" * 32, ["demo", "more"], 0.0, Standing.MISSING),
        (made(findings=[failed()]), HASH, ["demo"], 0.0, Standing.MISSING),
        (made(findings=[failed()], before=made()), HASH, ["demo"], 0.0, Standing.FAILED),
        (made(lists=["more"], before=made()), HASH, ["demo"], 0.0, Standing.PASSED),
    ],
)
def test_what_a_report_is_worth(
    report: Report | None, settings: str, lists: list[str], later: float, expected: Standing
) -> None:
    """Only a right one in its time for these settings promises; a list once vouched for stays begun."""
    assert standing(report, settings, lists, NOW + later) is expected


def test_a_failed_examination_vouches_for_nothing_new() -> None:
    """What was vouched for before stays so."""
    after = made(lists=["demo", "more"], findings=[failed()], before=made())
    assert (after.passed, after.vouched) == (False, ("demo",))
    assert made(lists=["more"], before=after).vouched == ("demo", "more")
