"""Who is inside the notice process."""

from __future__ import annotations

from resolver.edge.notice.visitors import Visitors


class Guest:
    def __init__(self, visitors: Visitors) -> None:
        self.visitors = visitors
        self.left = 0
        visitors.enter(self)

    def leave(self) -> None:
        self.left += 1
        self.visitors.gone(self)


def test_the_oldest_makes_room() -> None:
    """Whoever came first leaves, never the one who just came in; with nobody inside nobody leaves."""
    visitors = Visitors(2)
    visitors.make_room()
    guests = [Guest(visitors) for _ in range(3)]
    assert [each.left for each in guests] == [1, 0, 0]
    visitors.make_room()
    assert [each.left for each in guests] == [1, 1, 0]


def test_word_is_given_once_when_the_last_has_left() -> None:
    """Not before, and not again for one who comes later or is said to be gone twice."""
    visitors = Visitors(8)
    told: list[str] = []
    first, second = Guest(visitors), Guest(visitors)
    visitors.when_empty(lambda: told.append("empty"))
    first.leave()
    visitors.gone(first)
    assert told == []
    second.leave()
    assert told == ["empty"]
    Guest(visitors).leave()
    assert told == ["empty"]


def test_of_an_empty_house_word_is_given_at_once() -> None:
    """There is nobody to wait for."""
    told: list[str] = []
    Visitors(8).when_empty(lambda: told.append("empty"))
    assert told == ["empty"]


def test_all_leave() -> None:
    """Everybody, and the one who waits for it is told."""
    visitors = Visitors(8)
    told: list[str] = []
    guests = [Guest(visitors) for _ in range(3)]
    visitors.when_empty(lambda: told.append("empty"))
    visitors.all_leave()
    assert ([each.left for each in guests], told) == ([1, 1, 1], ["empty"])
