"""What was typed, as a question; dnspython reads it."""

from __future__ import annotations

import click
import dns.message
import pytest

from resolver.cli.question import question


@pytest.mark.parametrize(
    ("typed", "asked"),
    [
        ("www.example", "www.example. IN A"),
        ("www.example aaaa", "www.example. IN AAAA"),
        ("_dmarc.example  TXT", "_dmarc.example. IN TXT"),
        ("例え.example", "xn--r8jz45g.example. IN A"),
    ],
)
def test_name_and_type(typed: str, asked: str) -> None:
    """A is the default; names in other scripts are asked for as they are looked up."""
    read = dns.message.from_wire(bytes(question(typed).pack()))
    assert read.question[0].to_text() == asked
    assert read.payload == 1232


@pytest.mark.parametrize("typed", ["www.example NONSENSE", "x" * 70 + ".example", "a..example", "abcd." * 60])
def test_what_cannot_be_asked(typed: str) -> None:
    """It is a fault of usage, which does not repeat what was typed."""
    with pytest.raises(click.UsageError, match="expected NAME"):
        question(typed)
