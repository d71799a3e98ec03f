"""Views: groups of clients for whom other lists apply, or who are shown another notice."""

from typing import Annotated

from attrs import Factory, frozen

from resolver.settings.addresses import EndpointAt, Prefix
from resolver.settings.fields import setting
from resolver.settings.kinds import Words
from resolver.settings.lists import ListId

_ViewName = Annotated[str, Words(r"[a-z0-9][a-z0-9_-]{0,62}", "a short lower-case name", most=63)]
_NoticeOf = Annotated[str, Words()]


@frozen(kw_only=True)
class View:
    """Clients by where they come from, where they ask, or both; the first view that fits a client wins."""

    name: _ViewName = setting("Its name, for people.", why="a name, by which `mamori status` speaks of the view")
    from_: tuple[Prefix, ...] = setting("Prefixes its clients ask from; left out: any.", default=())
    listen: tuple[EndpointAt, ...] = setting(
        "Where its clients ask: some of the addresses in listen, dot.listen and doh.listen; left out: any.", default=()
    )
    lists: tuple[ListId, ...] | None = setting(
        "The lists that apply; left out: all of them, an empty list: none.", default=None
    )
    notices: dict[ListId, _NoticeOf] = setting(
        "Which of `notices` its clients are shown instead, by list.", default=Factory(dict)
    )

    def has(self, list_id: str) -> bool:
        """Whether a list applies in it."""
        return self.lists is None or list_id in self.lists
