"""The file of cookie secrets."""

from __future__ import annotations

from pathlib import Path

import pytest

from resolver.settings.access import Cookies
from resolver.settings.cookie_secrets import SecretsFault, read_secrets, secret_faults

NEW, OLD = "00112233445566778899aabbccddeeff", "FFEEDDCCBBAA99887766554433221100"


def written(folder: Path, text: str, mode: int = 0o600) -> Path:
    path = folder / "secrets"
    path.write_text(text)
    path.chmod(mode)
    return path


def test_one_or_two_lines_newest_first(tmp_path: Path) -> None:
    """Either case of digits; empty lines are nothing."""
    assert read_secrets(written(tmp_path, NEW)) == (bytes.fromhex(NEW),)
    assert read_secrets(written(tmp_path, f"{NEW}\n\n{OLD}\n", 0o640)) == (bytes.fromhex(NEW), bytes.fromhex(OLD))


@pytest.mark.parametrize("text", ["", NEW[:-1], NEW + "0", f"{NEW}\n" * 3, NEW[:-1] + "g", "é" * 32])
def test_anything_else_is_a_fault_that_does_not_repeat_it(tmp_path: Path, text: str) -> None:
    """The file's name and what it must hold; never what it holds."""
    with pytest.raises(SecretsFault) as caught:
        read_secrets(written(tmp_path, text))
    assert "32 hexadecimal digits" in str(caught.value)
    assert NEW[:8] not in str(caught.value)


def test_a_secret_is_no_secret_to_everybody(tmp_path: Path) -> None:
    """Other users of the machine must not read it."""
    with pytest.raises(SecretsFault, match="chmod"):
        read_secrets(written(tmp_path, NEW, 0o604))


def test_the_setting_is_checked_where_it_is_used(tmp_path: Path) -> None:
    """A missing file is a fault of `cookies.secrets`; not while cookies are off."""
    missing = tmp_path / "missing"
    assert [fault.path for fault in secret_faults(Cookies(secrets=missing))] == ["cookies.secrets"]
    assert not [*secret_faults(Cookies(secrets=missing, enabled=False))]
    assert not [*secret_faults(Cookies())]
