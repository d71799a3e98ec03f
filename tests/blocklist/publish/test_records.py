"""A row of the master."""

from __future__ import annotations

from blocklist.publish.master.vault import Vault
from blocklist.publish.records import Row, shown


def test_a_row_opens_only_the_cells_it_has() -> None:
    """A host has a name and neither path nor query."""
    vault = Vault("demo", bytes(32))
    row = Row("id", {"type": "host"}, (vault.seal("id", "name", "a.example"), None, None))
    assert row.opened(vault) == {"type": "host", "name": "a.example"}


def test_a_word_that_may_be_a_name_is_not_repeated() -> None:
    """An id typed wrong is shown, anything else is not."""
    for known in ("01AAAAAAAAAAAAAAAAAAAAAAAA", "0f" * 32):
        assert shown(known) == known
    assert "quartz" not in shown("quartz.example")
