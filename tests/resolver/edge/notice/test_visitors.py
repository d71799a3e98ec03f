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


def test_patience_ends() -> None:
    """Word is given though somebody is inside, and not again when that one leaves."""
    visitors = Visitors(8)
    told: list[str] = []
    guest = Guest(visitors)
    visitors.wait_no_longer()
    visitors.when_empty(lambda: told.append("told"))
    assert told == []
    visitors.wait_no_longer()
    assert (told, guest.left) == (["told"], 0)
    guest.leave()
    assert told == ["told"]
