"""The report as people read it."""

from __future__ import annotations

from attrs import evolve

from blocklist.trust.local.preflight import Finding, State, make_report
from resolver.preflight.report_text import report_text
from resolver.preflight.wording import finding

GOOD = finding("swap", "off")
BAD = finding("swap", "on", devices=["/dev/sda2"])


def told(*findings: Finding, languages: tuple[str, ...] = ("ja", "en")) -> str:
    report = make_report(
        bytes(32), host="r1", version="1.0", now=1.8e9, settings="ab" * 32, lists=[], findings=findings, before=None
    )
    return report_text(report, languages)


def test_japanese_comes_first_by_japanese_time() -> None:
    """Each half is whole by itself: who, when, until when, what was found."""
    ja, en = told(GOOD).split("Mamori preflight report")
    assert "結果: 合格\nホスト: r1\n点検日時: 2027-01-15 17:00 JST\n有効期限: 2027-04-15 17:00 JST\nリスト: -\n" in ja
    assert "Result: passed\nHost: r1\nMade: 2027-01-15 08:00 UTC\nValid until: 2027-04-15 08:00 UTC\nLists: -\n" in en
    assert "[合格] スワップ (swap): " in ja
    assert "[passed] Swap (swap): " in en


def test_what_failed_is_counted_and_followed_by_what_to_do() -> None:
    """In one language, where one is asked for."""
    text = told(BAD, GOOD, evolve(BAD, id="other"), languages=("ja",))
    assert "結果: 不合格（2 件）" in text
    assert text.count("    対処: ") == 2
    assert "有効期限" not in text  # it is good for nothing
    assert "Result" not in text


def test_every_state_has_its_word() -> None:
    """Passed, attested, failed, not asked."""
    text = told(*(evolve(GOOD, state=state) for state in State))
    assert [line.split("]")[0] for line in text.splitlines() if line.startswith("[")] == [
        *("[合格", "[確認済", "[不合格", "[対象外"),
        *("[passed", "[attested", "[FAILED", "[not asked"),
    ]
