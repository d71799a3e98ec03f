"""Is what must be on paper there, and nothing in the settings that is for trying out only?"""

import re
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Final

from blocklist.trust.clock import BUILD_TIME
from blocklist.trust.limits import ClockLimits
from blocklist.trust.local.preflight import Finding
from resolver.preflight.attested import is_nobody
from resolver.preflight.case import Case
from resolver.preflight.wording import finding

TRIAL_ZONES: Final = ("invalid", "test", "example")  # asked upstream by tests only
PAGE: Final = re.compile(r"https://[^/\s]+(/\S*)?")


def policy_checks(case: Case) -> Iterator[Finding]:
    """What the settings say, and by what time."""
    yield _clock(case)
    yield from (_laptop(case), _mode(case), _trial(case))
    yield from (_never(case), _terms(case), _decision_maker(case))


def _clock(case: Case) -> Finding:
    """Entries end by this clock, and so do our own promises."""
    host, now = case.host, case.host.now()
    floor = max(BUILD_TIME, *case.floors) if case.floors else BUILD_TIME
    shown = {"now": _instant(now), "floor": _instant(floor)}
    if now < floor - ClockLimits().floor_slack:
        return finding("clock", "behind", **shown)
    return finding("clock", "right", **shown) if host.synchronised() else finding("clock", "free", **shown)


def _instant(moment: float) -> str:
    return f"{datetime.fromtimestamp(moment, UTC):%Y-%m-%d %H:%M} UTC"


def _laptop(case: Case) -> Finding:
    return finding("laptop", "on" if case.settings.laptop else "off")


def _mode(case: Case) -> Finding:
    mode = case.settings.mode
    return finding("mode", "normal") if mode == "normal" else finding("mode", "other", mode=mode)


def _trial(case: Case) -> Finding:
    settings = case.settings
    found = [] if settings.preflight.required else ["preflight.required: false"]
    found += [f"special_use.{name}: false" for name in TRIAL_ZONES if settings.special_use.get(name) is False]
    return finding("trial_settings", "found", settings=found) if found else finding("trial_settings", "none")


def _never(case: Case) -> Finding:
    empty = [each.id for each in case.settings.lists if not each.never_names()]
    return finding("never_list", "empty", lists=empty) if empty else finding("never_list", "there")


def _terms(case: Case) -> Finding:
    """Whether the page can be read is a person's to say (`terms_published`): a resolver opens no Web pages."""
    terms = case.settings.terms
    if terms is None or is_nobody(terms.version):
        return finding("terms", "no_version")
    if not PAGE.fullmatch(terms.url):
        return finding("terms", "no_page", url=terms.url)
    return finding("terms", "there", version=terms.version, url=terms.url)


def _decision_maker(case: Case) -> Finding:
    unnamed = [each.id for each in case.settings.lists if is_nobody(each.decided_by)]
    if unnamed:
        return finding("decision_maker", "nobody", lists=unnamed)
    people = list(dict.fromkeys(each.decided_by for each in case.settings.lists))
    return finding("decision_maker", "named", people=people)
