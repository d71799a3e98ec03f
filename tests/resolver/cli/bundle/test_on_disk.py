"""Lists and the preflight report as the state folder holds them."""

from __future__ import annotations

from resolver.cli.bundle.on_disk import KEYS, lists_on_disk, standing_on_disk
from resolver.settings import Settings, load
from tests.resolver.cli.at_terminal import Terminal


def settings_of(terminal: Terminal) -> Settings:
    return load(terminal.config, look_at_files=False)


def test_a_folder_that_held_nothing_is_left_as_it_is(terminal: Terminal) -> None:
    """No list was here yet: nothing is told, and no key is made for it."""
    assert lists_on_disk(settings_of(terminal)) == []
    (terminal.state / "lists" / "demo").mkdir(parents=True)
    assert lists_on_disk(settings_of(terminal)) == []
    assert [path.name for path in terminal.state.iterdir()] == ["lists"]


def test_a_list_that_cannot_be_opened_is_told_by_its_id(terminal: Terminal) -> None:
    """Why is a matter for this machine: the reason could hold a path or a name."""
    (terminal.state / "lists" / "demo").mkdir(parents=True)
    for key in KEYS:
        (terminal.state / key).write_bytes(b"no key")
    assert lists_on_disk(settings_of(terminal)) == [{"list_id": "demo"}]


def test_the_preflight_is_told_by_what_it_is_worth(terminal: Terminal) -> None:
    """None was made yet; a key that cannot be used leaves it open; neither makes a file."""
    assert standing_on_disk(settings_of(terminal)) == "missing"
    (terminal.state / "host.key").write_bytes(b"no key")
    assert standing_on_disk(settings_of(terminal)) is None
    assert [path.name for path in terminal.state.iterdir()] == ["host.key"]
