"""What no program can see from here, and a person answers for: read from a YAML file, judged, and asked for.

    flow_export: {by: name, office: office, date: 2026-11-20}

Some of them are about something (`about`): the terms' version, the lists, the release, what a check found on this
machine. It must be what is so today, so that a sentence once signed does not silently cover another thing.
"""

import hashlib
import re
from collections.abc import Iterator, Mapping
from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path
from typing import Any, Final

from attrs import evolve, field, frozen

from blocklist.trust.local.preflight import VALID, Finding, State
from resolver.preflight.wording import filled, texts, worded
from resolver.settings import Fault, Settings, SettingsFault
from resolver.settings.yaml_file import read_yaml

MACHINE: Final = ("notice_ports", "recorder_programs", "packet_filter")
"""Checks of this machine that cannot tell whether what they found concerns the page: a person may look and say."""
NOTICE_PATH: Final = ("flow_export", "cgn_log", "firewall_log", "ids", "packet_capture", "node_exporter")
ALWAYS: Final = ("upstream_log", "terms_published", "decision")
FURTHEST_EAST: Final = timedelta(hours=14)  # a day begins so much before UTC's
_DAY: Final = timedelta(days=1)
KEYS: Final = {"by", "office", "date", "about"}
_NOBODY: Final = re.compile(
    r"(?:(?:nobody|no one|none|n/?a|tbd|todo|unknown|anonymous|someone|demo|name and office)\b|"
    r"[-?.…]+$|誰も|なし|無し|未定|不明|匿名|担当者$|氏名).*",
    re.IGNORECASE | re.DOTALL,
)


def is_nobody(words: str) -> bool:
    """Whether a text names no one, as placeholders do."""
    return not words.strip() or _NOBODY.fullmatch(words.strip()) is not None


@frozen
class Attestation:
    """One sentence somebody answers for."""

    by: str
    office: str
    date: date
    about: str = ""


@frozen
class Attestations:
    """What the file says; `path` is None where no file was named."""

    path: Path | None = None
    given: Mapping[str, Attestation] = field(factory=dict)

    @classmethod
    def read(cls, path: Path) -> "Attestations":
        """Read a file; SettingsFault names each fault with its line."""
        try:
            document = read_yaml(path.read_bytes())
        except OSError as error:
            raise SettingsFault([Fault("", f"cannot read {path}: {error.strerror}")]) from None
        if not isinstance(document.data, dict):
            raise SettingsFault([Fault("", f"{path}: expected `id: {{by: …, office: …, date: …}}`")])
        faults: list[Fault] = []
        given: dict[str, Attestation] = {}
        for key, value in document.data.items():
            try:
                if (read := _read(key, value)) is not None:
                    given[key] = read
            except ValueError as fault:
                faults.append(Fault(key, f"{fault} ({path})", document.line_of(key)))
        if faults:
            raise SettingsFault(faults)
        return cls(path, given)


def _read(key: str, value: Any) -> Attestation | None:
    """One entry; None for a form nobody has filled in yet."""
    if key not in (*texts()["attestations"], *MACHINE):
        raise ValueError("no such attestation is asked for: `mamori preflight --template` shows those that are")
    if not isinstance(value, dict) or not {"by", "office", "date"} <= set(value) <= KEYS:
        raise ValueError("expected by, office and date (and about where the template has it)")
    words = {name: str(each) for name, each in value.items() if each is not None}
    if any(isinstance(each, list | dict) for each in value.values()) or not all(
        each.isprintable() for each in words.values()
    ):
        raise ValueError("by, office: expected a name on one line")
    if not words.keys() & {"by", "office", "date"}:
        return None
    try:
        day = date.fromisoformat(words.get("date", ""))
    except ValueError:
        raise ValueError("date: expected a day like 2026-11-20") from None
    return Attestation(words.get("by", ""), words.get("office", ""), day, words.get("about", ""))


def asked(settings: Settings) -> tuple[str, ...]:
    """Which are needed with these settings, in order."""
    shows = settings.answer.mode == "notice" and bool(settings.lists)
    elsewhere = shows and any(not notice.listen for notice in settings.notices.values())
    return (
        *(NOTICE_PATH if shows else ()),
        *(("notice_elsewhere",) if elsewhere else ()),
        *ALWAYS,
        *(("release",) if settings.release.enabled else ()),
    )


def about(settings: Settings, key: str) -> str:
    """What an attestation must be about; empty for most."""
    return {
        "terms_published": settings.terms.version if settings.terms else "",
        "decision": " ".join(each.id for each in settings.lists),
        "release": f"{settings.release.bucket // 86_400}d, {settings.release.lines_served} lines",
    }.get(key, "")


def attestation_checks(settings: Settings, attestations: Attestations, now: float) -> Iterator[Finding]:
    """One finding for each that is needed."""
    yield from (_judged(key, settings, attestations, now) for key in asked(settings))


def answered(found: Finding, attestations: Attestations, now: float) -> Finding:
    """What a person looked at and answers for, or with what to write where one has; most findings as they are.

    The mark in `about` is of what was found, so that it covers nothing that comes later.
    """
    if found.state is not State.FAILED or found.id not in MACHINE:
        return found
    mark = "F" + hashlib.sha256(found.found_en.encode()).hexdigest()[:8]
    given, ways = attestations.given.get(found.id), texts()["answered"]
    if given is None or _fault(given, mark, datetime.fromtimestamp(now, UTC)) != "good":
        facts = {"key": found.id, "file": str(attestations.path or "attestations.yaml"), "about": mark}
        more = {each: filled(ways["may"][each], each, facts) for each in ("ja", "en")}
        return evolve(found, do_ja=found.do_ja + more["ja"], do_en=f"{found.do_en} {more['en']}")
    facts = {"by": given.by, "office": given.office, "date": given.date.isoformat()}
    by = {each: filled(ways["good"][each], each, facts) for each in ("ja", "en")}
    good = evolve(found, state=State.ATTESTED, do_ja="", do_en="")
    return evolve(good, found_ja=found.found_ja + by["ja"], found_en=f"{found.found_en} {by['en']}")


def _judged(key: str, settings: Settings, attestations: Attestations, now: float) -> Finding:
    words, ways = texts()["attestations"][key], texts()["attested"]
    given = attestations.given.get(key)
    how = "missing" if given is None else _fault(given, about(settings, key), datetime.fromtimestamp(now, UTC))
    shown = given or Attestation("", "", date.min)
    facts = {"key": key, "by": shown.by, "office": shown.office, "date": shown.date.isoformat()}
    facts |= {"file": str(attestations.path or "attestations.yaml"), "about": about(settings, key)}
    facts |= {"said_ja": words["says"]["ja"], "said_en": words["says"]["en"]}
    return worded(key, words["title"], ways[how], facts)


def ends(attestations: Attestations, now: float) -> datetime:
    """When the first of those that are good today is too old; its last day is a whole one."""
    today = datetime.fromtimestamp(now, UTC).date()
    days = (each.date for each in attestations.given.values())
    first = min((day for day in days if today - VALID <= day <= today), default=today)
    return datetime.combine(first + VALID + _DAY, time.min, UTC)


def _fault(given: Attestation, wanted: str, now: datetime) -> str:
    """How it is to be taken: `good`, or why not."""
    if is_nobody(given.by) or is_nobody(given.office):
        return "nobody"
    if given.date > (now + FURTHEST_EAST).date():
        return "future"
    if given.date < (now - VALID).date():
        return "old"
    return "good" if given.about.split() == wanted.split() else "other"


def template(settings: Settings) -> str:
    """A file to fill in for these settings: each sentence as a comment above its entry."""
    head = texts()["template"]
    lines = [f"# {line}" for language in ("ja", "en") for line in head[language].splitlines()]
    for key in asked(settings):
        says, what = texts()["attestations"][key]["says"], about(settings, key)
        lines += ["", f"# {says['ja']}", f"# {says['en']}", f"{key}:", "  by:", "  office:", "  date:"]
        lines += [f'  about: "{what}"'] if what else []
    return "\n".join(lines) + "\n"
