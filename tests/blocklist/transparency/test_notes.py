"""The officer's notes."""

from datetime import date
from pathlib import Path

import pytest

from blocklist.errors import OperatorFault
from blocklist.transparency.model import Event, Figure
from blocklist.transparency.notes import BYTES_MAX, Notes, counted, texts
from blocklist.transparency.period import Period
from blocklist.transparency.text import Text

FILE = """
publisher: {ja: 例示協会, en: Example Association}
policy:
  - title: {ja: 方針, en: Policy}
    value: 2.1
accidents:
  - {day: 2026-05-02, what: {ja: 誤った掲載, en: A wrong entry}}
  - {day: 2026-11-02, what: {ja: 停止, en: An outage}}
analysis:
  - {ja: 毎回, en: always}
  - {ja: 五月, en: May, period: 2026-05}
  - {ja: 年, en: year, period: 2026}
"""


def read(tmp_path: Path, text: str) -> Notes:
    path = tmp_path / "notes.yaml"
    path.write_text(text, encoding="utf-8")
    return Notes.read(path)


def test_a_years_file_serves_each_month(tmp_path: Path) -> None:
    """Events come into the period of their day, words into the period they name, or into all."""
    notes = read(tmp_path, FILE)
    may = notes.within(Period.parse("2026-05"))
    assert may.accidents == (Event(date(2026, 5, 2), Text("誤った掲載", "A wrong entry")),)
    assert texts(may.analysis) == (Text("毎回", "always"), Text("五月", "May"))
    assert texts(notes.within(Period.parse("2026")).analysis)[1] == Text("年", "year")
    june = notes.within(Period.parse("2026-06"))
    assert (june.accidents, texts(june.analysis)) == ((), (Text("毎回", "always"),))
    assert notes.policy[0].value == Text("2.1", "2.1")
    assert notes.publisher == Text("例示協会", "Example Association")


def test_no_register_is_not_an_empty_one(tmp_path: Path) -> None:
    """A register that is left out is not known; an empty one counts nothing."""
    assert counted(read(tmp_path, "").within(Period.parse("2026")).accidents) == Figure(None)
    assert counted(read(tmp_path, "accidents: []").within(Period.parse("2026")).accidents) == Figure(0)
    assert counted(read(tmp_path, FILE).within(Period.parse("2026")).accidents) == Figure(2)


@pytest.mark.parametrize(
    ("text", "where"),
    [
        ("publisher: {ja: 例}", "publisher"),
        ("accident: []", "no such field: accident"),
        ("accidents: [{on: 2026-05-02, what: {ja: あ, en: a}}]", "required field missing"),
        ("accidents: [{day: yesterday, what: {ja: あ, en: a}}]", "2026-11-30"),
        ("accidents: [{day: 2026-05-02, what: {ja: あ, en: ''}}]", "give words"),
        ("policy: [{title: {ja: あ, en: a}, value: [1]}]", "give ja and en"),
        ("- 1", "give fields"),
        ("a: [", "YAML"),
        ("accidents: [{day: 2026-02-30, what: {ja: あ, en: a}}]", "day is out of range"),
        ("policy: [{title: {ja: あ, en: a}, value: " + "9" * 5000 + "}]", "is no YAML"),
        ("analysis: [{ja: あ, en: a, period: 2026-13}]", "a month (2026-11)"),
        ('analysis: [{ja: "\\ud800", en: a}]', "cannot be printed"),
        ('objections: [{received: 2026-11-02, decided: 2026-11-03, upheld: "no"}]', "true or false"),
        ("accidents: [{day: 2026-05-02, what: {ja: あ, en: a}}]\naccidents: []", "accidents stands there twice"),
    ],
)
def test_mistakes_are_named(tmp_path: Path, text: str, where: str) -> None:
    """A mistake is answered with the file, the place and what belongs there."""
    with pytest.raises(OperatorFault, match=r"notes\.yaml") as caught:
        read(tmp_path, text)
    assert where in str(caught.value)


def test_nesting(tmp_path: Path) -> None:
    """Groups without end are refused in words."""
    with pytest.raises(OperatorFault, match="nested too deep"):
        read(tmp_path, "[" * 1_000)


def test_too_long(tmp_path: Path) -> None:
    """A file that cannot be notes is refused, not cut."""
    with pytest.raises(OperatorFault, match="longer than"):
        read(tmp_path, "#" * (BYTES_MAX + 1))
    assert read(tmp_path, f"#{' ' * 98}\n" * (BYTES_MAX // 100)) == Notes()


def test_missing_file(tmp_path: Path) -> None:
    """A file that is not there is named."""
    with pytest.raises(OperatorFault, match="No such file"):
        Notes.read(tmp_path / "none.yaml")
