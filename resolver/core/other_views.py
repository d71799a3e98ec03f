"""What an upstream said to clients of one view serves those of all others: it need not be asked twice.

Each view decides it by its own policy, so it becomes an entry of its own. What has ended is taken over as well: while
no upstream answers it is an old answer like any other (`stale.py`).
"""

from resolver.core.cache import Cache, Entry
from resolver.core.config import CoreConfig
from resolver.core.query import Query, key_under
from resolver.core.ruling import Ruler


class OtherViews:
    """Entries of the same question under other policies."""

    def __init__(self, config: CoreConfig, cache: Cache, ruler: Ruler) -> None:
        self._seconds = config.stale
        self._cache = cache
        self._ruler = ruler

    def take_over(self, query: Query, now: float) -> Entry | None:
        """Keep the newest there is for this view too; return it unless it has ended."""
        if len(self._ruler.indexes) == 1:
            return None
        own = self._cache.find(query.key)
        newest = self._newest(query)
        if newest is None or now >= newest.until + self._seconds:
            return None
        if own is not None and own.kept and own.until >= newest.until:
            return None
        if now >= newest.until and own is not None and own.failing is not None and own.failing.is_bogus:
            return None
        entry = self._ruler.under(newest, query.form.view, now)
        entry.failing = own.failing if own is not None else newest.failing
        self._cache.put(query.key, entry)
        return entry if now < entry.until else None

    def _newest(self, query: Query) -> Entry | None:
        views = range(len(self._ruler.indexes))
        others = (self._cache.find(key_under(query.key, view)) for view in views if view != query.form.view)
        return max((each for each in others if each is not None and each.kept), key=_end, default=None)


def _end(entry: Entry) -> float:
    return entry.until
