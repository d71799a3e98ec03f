"""Views as `mamori status` and `mamori check-config` show them."""

from collections.abc import Mapping, Sequence
from typing import Any, Final

from resolver.settings.model import Settings
from resolver.settings.views import View

FEW: Final = 3  # prefixes or addresses that stand in a line; a view may have thousands

REST: Final = "clients of no view · all lists"


def view_documents(settings: Settings) -> tuple[dict[str, Any], ...]:
    """Return each view as JSON data, in order: whose it is, which lists apply, and the notice each of them shows."""
    return tuple(_document(settings, view) for view in settings.views)


def _document(settings: Settings, view: View) -> dict[str, Any]:
    lists = [each for each in settings.lists if view.has(each.id)]
    shows = settings.answer.mode == "notice"
    return {
        "name": view.name,
        "from": [str(each) for each in view.from_],
        "listen": [str(each) for each in view.listen],
        "lists": [each.id for each in lists],
        "notices": {each.id: view.notices.get(each.id, each.notice) for each in lists} if shows else {},
    }


def view_lines(documents: Sequence[Mapping[str, Any]]) -> list[str]:
    """Return a line for each view, and one for all other clients; nothing where there are no views."""
    return [*map(_line, documents), REST] if documents else []


def _line(view: Mapping[str, Any]) -> str:
    notices = view["notices"]
    lists = ", ".join(f"{each} (notice {notices[each]})" if each in notices else each for each in view["lists"])
    parts = [
        f"view {view['name']}",
        f"from {_few(view['from'])}" if view["from"] else "",
        f"at {_few(view['listen'])}" if view["listen"] else "",
        lists or "NO LISTS",
    ]
    return " · ".join(part for part in parts if part)


def _few(words: Sequence[str]) -> str:
    more = f" and {len(words) - FEW} more" if len(words) > FEW else ""
    return ", ".join(words[:FEW]) + more
