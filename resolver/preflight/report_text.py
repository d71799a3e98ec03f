"""The report for people: plain text, Japanese first, then English."""

from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta, timezone
from typing import Final

from blocklist.trust.local.preflight import Finding, Report, State
from resolver.preflight.wording import JOINS, texts

LANGUAGES: Final = ("ja", "en")
_JAPAN: Final = timezone(timedelta(hours=9), "JST")
_ZONES: Final = {"ja": _JAPAN, "en": None}


def report_text(report: Report, languages: Sequence[str] = LANGUAGES) -> str:
    """All of it, in these languages."""
    return "\n\n".join("\n".join(_lines(report, language)) for language in languages) + "\n"


def _lines(report: Report, language: str) -> Iterator[str]:
    words = {key: value[language] for key, value in texts()["report"].items()}
    failed = sum(each.state is State.FAILED for each in report.findings)
    join = JOINS[language]
    yield words["title"]
    yield ""
    yield f"{words['result']}: " + (words["passed"] if report.passed else words["failed"].format(failed))
    yield f"{words['host']}: {report.host}"
    yield f"{words['made']}: {_time(report.made_at, language)}"
    if report.passed:
        yield f"{words['until']}: {_time(report.not_after, language)}"
    yield f"{words['lists']}: {join.join(report.lists) or '-'}"
    yield f"{words['settings']}: {report.settings}"
    yield f"{words['key']}: {report.key}"
    yield f"{words['version']}: Mamori {report.version}"
    yield ""
    for each in report.findings:
        yield from _finding(each, language, words)


def _finding(each: Finding, language: str, words: dict[str, str]) -> Iterator[str]:
    title, found, do = (
        (each.title_ja, each.found_ja, each.do_ja) if language == "ja" else (each.title_en, each.found_en, each.do_en)
    )
    yield f"[{words[f'state_{each.state}']}] {title} ({each.id}): {found}"
    if do:
        yield f"    {words['do']}: {do}"


def _time(moment: datetime, language: str) -> str:
    shown = moment.astimezone(_ZONES[language] or moment.tzinfo)
    return f"{shown:%Y-%m-%d %H:%M %Z}"
