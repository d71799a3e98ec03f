"""Which settings can change while a resolver runs."""

from typing import Final

from resolver.settings import Settings

NEEDS_RESTART: Final = ("listen", "state", "workers", "metrics", "user", "laptop")


class ReloadFault(Exception):
    """The new settings need a restart; nothing was changed."""


def require_reloadable(old: Settings, new: Settings) -> None:
    """Raise ReloadFault, which names every setting that stands in the way."""
    changed = [name for name in NEEDS_RESTART if getattr(old, name) != getattr(new, name)]
    if old.poll.hint != new.poll.hint:
        changed.append("poll.hint")
    if old.notice_places != new.notice_places:
        changed.append("notices.*.listen")
    if changed:
        raise ReloadFault(
            f"{', '.join(changed)} cannot change while running, so nothing was applied: "
            "restart the resolver, or put back the old value"
        )
