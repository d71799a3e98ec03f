"""The answers of each list, made once and shared by every listed name: nothing in them tells one name from another.

Each view's policy has its own, since it may show another notice.
"""

from collections.abc import Sequence

from resolver.core import codes
from resolver.core.answer import Answer, nodata, positive
from resolver.core.config import CoreConfig, ListPolicy
from resolver.core.edns import make_ede
from resolver.core.views import ALL_LISTS


class PolicyAnswers:
    """Templates by policy, list, type and TTL (at most `answer_ttl` + 1 TTLs for each)."""

    def __init__(self, config: CoreConfig, policies: Sequence[Sequence[ListPolicy]]) -> None:
        self._config = config
        self._numbers = {policy.list_id: number for number, policy in enumerate(config.lists)}
        self._policies = tuple({policy.list_id: policy for policy in lists} for lists in policies)
        self._made: dict[tuple[int, str, int, int], Answer] = {}

    def list_number(self, list_id: str) -> int | None:
        """Return a list's place in the configuration; None for a list that is not configured."""
        return self._numbers.get(list_id)

    def answer(self, list_id: str, qtype: int, chain_ttl: int | None = None, view: int = ALL_LISTS) -> Answer:
        """Return the answer for a listed QNAME, or for an alias to one with its chain's smallest TTL (row 12)."""
        ttl = self._config.answer_ttl if chain_ttl is None else min(self._config.answer_ttl, chain_ttl)
        key = (view, list_id, qtype if qtype in (codes.A, codes.AAAA) else 0, ttl)
        made = self._made.get(key)
        if made is None:
            made = self._made[key] = self._make(self._policies[view].get(list_id, ListPolicy(list_id)), qtype, ttl)
        return made

    def _make(self, policy: ListPolicy, qtype: int, ttl: int) -> Answer:
        address = {codes.A: policy.notice_v4, codes.AAAA: policy.notice_v6}.get(qtype)
        if address is None or self._config.answer_mode == "dns-only":
            return nodata(self._config.answer_ttl, self._ede(policy.ede))
        return positive(qtype, ttl, address, self._ede(codes.EDE_FORGED_ANSWER))

    def _ede(self, code: int) -> bytes:
        return b"" if self._config.relay else make_ede(code)
