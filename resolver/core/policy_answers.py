"""The answers of each list, made once and shared by every listed name: nothing in them tells one name from another."""

from resolver.core import codes
from resolver.core.answer import Answer, nodata, positive
from resolver.core.config import CoreConfig, ListPolicy
from resolver.core.edns import make_ede


class PolicyAnswers:
    """Templates by list, type and TTL (at most `answer_ttl` + 1 TTLs for each)."""

    def __init__(self, config: CoreConfig) -> None:
        self._config = config
        self._numbers = {policy.list_id: number for number, policy in enumerate(config.lists)}
        self._made: dict[tuple[str, int, int], Answer] = {}

    def list_number(self, list_id: str) -> int | None:
        """Return a list's place in the configuration; None for a list that is not configured."""
        return self._numbers.get(list_id)

    def answer(self, list_id: str, qtype: int, chain_ttl: int | None = None) -> Answer:
        """Return the answer for a listed QNAME, or for an alias to one with its chain's smallest TTL (row 12)."""
        ttl = self._config.answer_ttl if chain_ttl is None else min(self._config.answer_ttl, chain_ttl)
        key = (list_id, qtype if qtype in (codes.A, codes.AAAA) else 0, ttl)
        made = self._made.get(key)
        if made is None:
            made = self._made[key] = self._make(list_id, qtype, ttl)
        return made

    def _make(self, list_id: str, qtype: int, ttl: int) -> Answer:
        number = self.list_number(list_id)
        policy = ListPolicy(list_id) if number is None else self._config.lists[number]
        address = {codes.A: policy.notice_v4, codes.AAAA: policy.notice_v6}.get(qtype)
        if address is None or self._config.answer_mode == "dns-only":
            return nodata(self._config.answer_ttl, self._ede(policy.ede))
        return positive(qtype, ttl, address, self._ede(codes.EDE_FORGED_ANSWER))

    def _ede(self, code: int) -> bytes:
        return b"" if self._config.relay else make_ede(code)
