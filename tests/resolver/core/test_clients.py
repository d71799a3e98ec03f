"""What one client prefix may do."""

from __future__ import annotations

from resolver.core.clients import UNLIMITED, Client
from resolver.core.query import read_query
from resolver.core.rate_limit import Budget, Rate
from tests.resolver.core.world import question


def test_without_a_budget_nobody_is_limited() -> None:
    """Also when the count has run down."""
    client = Client()
    assert client.allow(0.0)
    assert client.left == UNLIMITED - 1
    client.left = 0
    assert client.allow(0.0)
    assert client.allow_proven(0.0)


def test_a_budget_is_drawn_in_steps() -> None:
    """The hot path counts a step down; the proven bucket is apart from it."""
    client = Client(budget=Budget.full(Rate(1, 5), 2.0, 3, 0.0))
    assert client.allow(0.0)
    assert client.left == 2
    client.left = 0
    assert [client.allow(0.0) for _ in range(3)] == [True, True, False]
    assert [client.allow_proven(0.0) for _ in range(11)] == [True] * 10 + [False]


def test_every_other_one_slips() -> None:
    """The first over the limit is answered."""
    client = Client()
    assert [client.slip() for _ in range(4)] == [True, False, True, False]


def test_a_known_form_is_told_by_all_but_id_and_name() -> None:
    """That is a query without options; another type is another form."""
    data, other = question("ok.example"), question("ok.example", "AAAA")
    query = read_query(data)
    assert query is not None
    client = Client({data[2:12] + data[24:]: query.form})
    assert client.form_of(question("another.name.example")) is query.form
    assert client.form_of(other) is None
    assert client.form_of(b"") is None
