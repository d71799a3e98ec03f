"""What the state folder holds, for a bundle made while no resolver runs. Nothing is asked of anybody or changed."""

import time
from typing import Any, Final

from blocklist.errors import BlocklistError
from blocklist.trust.storage import host_key, subscriber_key
from resolver.cli.bundle.condition import LIST
from resolver.cli.bundle.picking import pick
from resolver.cli.identity import as_owner_of
from resolver.edge.supervision.preflight_keeper import standing_of
from resolver.settings import Settings

KEYS: Final = (host_key.FILE_NAME, subscriber_key.FILE_NAME)


def lists_on_disk(settings: Settings) -> list[dict[str, Any]]:
    """Return ages, versions and what is held; a list that cannot be opened is told by its id alone."""
    from resolver.edge.updating.sources import open_sources, status_words  # loads the whole way to a list body

    known = [each.id for each in settings.lists if (settings.state / "lists" / each.id).is_dir()]
    with as_owner_of(settings.state):
        if not known or not all((settings.state / key).is_file() for key in KEYS):
            return []  # opening a list would make them
        sources = open_sources(settings)
        found = []
        for list_id in known:
            words: dict[str, Any] = {"list_id": list_id}
            try:
                sources.lists[list_id].load()
                words |= status_words(sources.lists[list_id].status())
            except (KeyError, BlocklistError, OSError):
                pass  # why is told by `mamori list explain`, on this machine
            found.append(pick(words, LIST))
        return found


def standing_on_disk(settings: Settings) -> str | None:
    """Return what the preflight report is worth for these settings; None where it cannot be read."""
    with as_owner_of(settings.state):
        try:
            return standing_of(settings, time.time()).value
        except (BlocklistError, OSError):
            return None  # `mamori preflight` says why, on this machine
