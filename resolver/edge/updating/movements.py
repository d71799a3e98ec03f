"""What happened to the entries that every worker enforces, counted for the public figures of this resolver."""

from collections import Counter
from collections.abc import Iterable, Mapping
from typing import Any

from attrs import define, field

from blocklist.compiling import ListImage
from blocklist.trust.rules.departures import LeftOut, moves


@define(eq=False)
class Movements:
    """Counts since this updater began; the supervisor adds those of earlier ones."""

    _images: dict[str, ListImage] = field(factory=dict, init=False)  # in force
    _moved: dict[str, Counter[str]] = field(factory=dict, init=False)

    def begin(self, images: Iterable[ListImage]) -> None:
        """These came from the disk: they were in force before."""
        self._images = {image.list_id: image for image in images}

    def in_force(self, images: Iterable[ListImage], left_out: Mapping[str, LeftOut], now: float) -> None:
        """Every worker enforces these now; entries end by `now` (POSIX)."""
        for image in images:
            list_id = image.list_id
            counts = moves(self._images.get(list_id), image, left_out.get(list_id, LeftOut()), now)
            self._moved.setdefault(list_id, Counter()).update(counts)
            self._images[list_id] = image

    def words(self, list_id: str) -> dict[str, Any]:
        """What the status message says of it."""
        image = self._images.get(list_id)
        exemptions = 0 if image is None else len(image.exempt_tokens)
        return {"moved": dict(self._moved.get(list_id, ())), "exemptions": exemptions}
