"""What is said while nobody answers: old answers (RFC 8767) and failures (RFC 9520, `failing.py`).

| upstreams                      | a question with an old answer                 | one without                       |
|--------------------------------|-----------------------------------------------|-----------------------------------|
| are silent                     | old answer after `stale_wait`, asking goes on | failure after `give_up`           |
| have failed for it before      | old answer at once, asked again when due      | failure at once, asked when due   |
| of that name are all down      | old answer at once, not asked                 | asked like any other              |
| one came back                  | asked, old answer after `stale_wait`          | asked like any other              |
| say that signatures are broken | failure: it is a verdict, not an outage       | failure at once, asked when due   |
"""

from resolver.core.cache import Cache, Entry
from resolver.core.config import CoreConfig
from resolver.core.ruling import Ruler


class OldAnswers:
    """Entries past their end that may be served all the same."""

    def __init__(self, config: CoreConfig, cache: Cache, ruler: Ruler) -> None:
        self._seconds = config.stale
        self._hold = config.limits.stale_hold
        self._cache = cache
        self._ruler = ruler

    def may_stand_in(self, key: bytes, now: float) -> bool:
        """Whether there is an answer that can be served for a while, before its end or after it."""
        entry = self._cache.find(key)
        return entry is not None and _may_be_old(entry) and now < entry.until + self._seconds

    def find(self, key: bytes, now: float) -> Entry | None:
        """Return one with its old answer in place, decided under the list in force; for a moment it is served as is."""
        entry = self._cache.find(key)
        if entry is None or not _may_be_old(entry) or not entry.until <= now < entry.until + self._seconds:
            return None
        answer = self._ruler.old_answer(entry, now)
        entry.stand_in(answer, min(now + self._hold, entry.until + self._seconds))
        self._cache.changed(key, entry)
        return entry


def _may_be_old(entry: Entry) -> bool:
    """Whether it is an upstream's answer, and no validator has called what came after it bogus."""
    return bool(entry.kept) and not (entry.failing is not None and entry.failing.is_bogus)
