"""Who hands out the secrets of cookies."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from resolver.edge.supervision.cookie_keeper import CookieKeeper
from resolver.settings.access import Cookies

SECRET = "00112233445566778899aabbccddeeff"


def keeper(drawn: int = 7) -> tuple[CookieKeeper, list[Any], list[str]]:
    shared: list[Any] = []
    told: list[str] = []
    return CookieKeeper(shared.append, told.append, lambda size: bytes([drawn]) * size), shared, told


def test_the_secret_is_drawn_once() -> None:
    """A reload does not make clients' cookies worthless; nor does an upgrade."""
    ours, shared, _ = keeper()
    ours.configure(Cookies())
    ours.configure(Cookies())
    assert shared == [{"type": "cookies", "secrets": ["07" * 16]}] * 2
    heir, inherited, _ = keeper(8)
    heir.take_over(ours.hand_over())
    heir.configure(Cookies())
    assert inherited == shared[:1]


def test_the_file_goes_before_it(tmp_path: Path) -> None:
    """It is read anew each time; what cannot be read changes nothing and is told, without what is in it."""
    ours, shared, told = keeper()
    path = tmp_path / "secrets"
    path.write_text(SECRET)
    path.chmod(0o600)
    ours.configure(Cookies(secrets=path))
    assert shared == [{"type": "cookies", "secrets": [SECRET]}]
    path.write_text(SECRET + "?")
    ours.configure(Cookies(secrets=path))
    assert len(shared) == 1
    assert "those before stay" in told[0]
    assert SECRET not in told[0] + repr(ours)


def test_cookies_can_be_switched_off() -> None:
    """No secret, no cookies."""
    ours, shared, _ = keeper()
    ours.configure(Cookies(enabled=False))
    assert shared == [{"type": "cookies", "secrets": []}]
