"""Counts of entries that came and went."""

from __future__ import annotations

from resolver.edge.updating.movements import Movements
from tests.resolver.edge.fake_lists import FakeList, exemption


def test_what_the_disk_had_is_no_addition() -> None:
    """A restart counts from what was enforced before it; a list that begins here is all added."""
    known, new = FakeList("known", 1), FakeList("new", 1)
    images = [image for each in (known, new) if (image := each.image([exemption()]))]
    counted = Movements()
    counted.begin(images[:1])
    assert counted.words("known") == {"moved": {}, "exemptions": 1}
    counted.in_force(images, {}, 0.0)
    assert counted.words("known")["moved"] == {}
    assert counted.words("new")["moved"] == {"added": 1}
    assert counted.words("broken") == {"moved": {}, "exemptions": 0}


def test_counts_go_on_from_version_to_version() -> None:
    """Each version is compared with the one in force before it; a withdrawal is none of the list body's removals."""
    each, counted = FakeList("demo", 1), Movements()
    for version, out in ((1, 0), (2, 0), (2, 1)):
        each.version, each.out = version, out
        image = each.image(())
        assert image is not None
        counted.in_force([image], {"demo": each.left_out()}, 0.0)
    assert counted.words("demo")["moved"] == {"added": 2, "removed": 1, "withdrawn": 1}
