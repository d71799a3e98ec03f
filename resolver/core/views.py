"""Which policy a client meets (a view in RFC 9499's sense): the first view that fits where it comes from and where it
asks; where none fits, all lists apply.

Views that say the same of every list are one policy: what is kept for one serves the other.
"""

from collections.abc import Iterable
from ipaddress import ip_network
from typing import Final

from blocklist.index import Index
from resolver.core.access import Prefixes
from resolver.core.config import CoreConfig, ListPolicy, Network

ALL_LISTS: Final = 0
"""The policy of clients that no view fits: every list with its own notice."""
_ANYBODY: Final = (ip_network("0.0.0.0/0"), ip_network("::/0"))


class Chooser:
    """The views that one way in can tell apart, in order: the prefixes of each, and the number of its policy."""

    def __init__(self, rules: Iterable[tuple[tuple[Network, ...], int]]) -> None:
        ordered = [(network, number) for networks, number in rules for network in networks]
        self._prefixes = Prefixes(network for network, _ in ordered)
        self._numbers = tuple(number for _, number in ordered)

    def choose(self, host: str) -> int:
        """Return the number of a client's policy."""
        place = self._prefixes.first(host)
        return ALL_LISTS if place is None else self._numbers[place]


class Views:
    """All policies of one configuration. ValueError when there are more than `views_max`."""

    def __init__(self, config: CoreConfig) -> None:
        if len(config.views) > config.limits.views_max:
            raise ValueError(f"{len(config.views)} views, at most {config.limits.views_max} fit")
        policies = dict.fromkeys((config.lists, *(view.lists for view in config.views)))
        self.policies: tuple[tuple[ListPolicy, ...], ...] = tuple(policies)
        self.numbers = tuple(self.policies.index(view.lists) for view in config.views)
        """The number of each view's policy, in the order of the views."""
        self._views = config.views
        self._choosers: dict[tuple[int, ...], Chooser] = {}

    def at(self, place: str) -> Chooser:
        """Return how the policy is chosen at a listening endpoint: the same object where views make no difference."""
        fitting = tuple(n for n, view in enumerate(self._views) if not view.places or place in view.places)
        if fitting not in self._choosers:
            self._choosers[fitting] = Chooser(self._rule(number) for number in fitting)
        return self._choosers[fitting]

    def of(self, index: Index) -> tuple[Index, ...]:
        """Return an index as each policy sees it, by number."""
        return index, *(index.only({each.list_id for each in policy}) for policy in self.policies[1:])

    def _rule(self, number: int) -> tuple[tuple[Network, ...], int]:
        return self._views[number].networks or _ANYBODY, self.numbers[number]
