"""Notice pages as settings."""

from __future__ import annotations

import pytest

from tests.resolver.settings.samples import faults_of, full, read

DESK = {
    "kind": "help",
    "name": {"ja": "甲", "en": "A"},
    "for_whom": {"ja": "甲", "en": "A"},
    "url": "https://a.example/",
}


def test_every_link_is_known_by_its_place() -> None:
    """What the link check asks for: all that is set, and nothing that is not."""
    data = full()
    assert read(data).notices["default"].urls == {}
    data["notices"]["default"] |= {"law_url": "https://law.example/", "desks": [DESK]}
    assert read(data).notices["default"].urls == {
        "law_url": "https://law.example/",
        "desks[0].url": "https://a.example/",
    }


@pytest.mark.parametrize(
    ("key", "value", "why"),
    [
        ("date", "22 November", "a day like 2026-11-01"),
        ("policy_version", "1\n2", "a version, in one line"),
        ("wording", {"opening": {"ja": "甲"}}, ""),
        ("wording", {"opening": {"ja": "甲" * 1001, "en": "x"}}, ""),
        ("wording", {"no_record": {"ja": "甲", "en": "x"}}, ""),
    ],
)
def test_what_cannot_be_shown_is_refused(key: str, value: object, why: str) -> None:
    """A text in one language, an endless one, and one about records, which is not a list body's to write."""
    data = full()
    data["notices"]["default"][key] = value
    faults = faults_of(data)
    assert all(path.startswith(f"notices.default.{key}") for path in faults)
    assert why in "".join(faults.values())
