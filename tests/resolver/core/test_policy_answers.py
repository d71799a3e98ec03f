"""Templates of policy answers."""

from __future__ import annotations

from attrs import evolve

from resolver.core import codes
from resolver.core.policy_answers import PolicyAnswers
from tests.resolver.core.world import CONFIG

ANSWERS = PolicyAnswers(CONFIG, (CONFIG.lists,))


def test_one_template_serves_all_names_of_a_list() -> None:
    """The same object for each type; HTTPS, SVCB and others share NODATA."""
    assert ANSWERS.answer("demo", codes.A) is ANSWERS.answer("demo", codes.A)
    assert ANSWERS.answer("demo", codes.HTTPS) is ANSWERS.answer("demo", codes.TXT)
    assert ANSWERS.answer("demo", codes.A) is not ANSWERS.answer("demo", codes.AAAA)


def test_the_ttl_of_an_alias_is_the_smaller_one() -> None:
    """min(answer TTL, chain); NODATA keeps the constant TTL."""
    ttl = slice(6, 10)
    assert ANSWERS.answer("demo", codes.A, 7).sections[ttl] == (7).to_bytes(4)
    assert ANSWERS.answer("demo", codes.A, 700) is ANSWERS.answer("demo", codes.A)
    assert ANSWERS.answer("demo", codes.HTTPS, 7).sections[ttl] == (30).to_bytes(4)


def test_lists_are_numbered_as_configured() -> None:
    """Unknown lists have no number."""
    assert ANSWERS.list_number("demo") == 0
    assert ANSWERS.list_number("other") is None


def test_relay_mode_gives_no_reason() -> None:
    """No EDE of our own."""
    assert PolicyAnswers(evolve(CONFIG, relay=True), (CONFIG.lists,)).answer("demo", codes.A).options == b""
