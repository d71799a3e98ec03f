"""The tutorial as a script: the drill types what `docs/publishers/tutorial.md` shows, block by block."""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path

from attrs import frozen

TUTORIAL = Path(__file__).parents[1] / "docs" / "publishers" / "tutorial.md"
_BLOCK = re.compile(r"^<!-- drill: ([a-z0-9-]+)( \(goes on\))? -->\n```sh\n(.*?)^```$", re.DOTALL | re.MULTILINE)


@frozen
class Block:
    """Lines for a shell; one that `goes_on` is a program that runs until the drill ends it."""

    name: str
    text: str
    goes_on: bool


def read(page: str) -> Mapping[str, Block]:
    """Return the marked blocks by name, in the order of the page. ValueError when a name stands there twice."""
    blocks: dict[str, Block] = {}
    for name, goes_on, text in _BLOCK.findall(page):
        if name in blocks:
            raise ValueError(f"the tutorial has two blocks {name!r}")
        blocks[name] = Block(name, text, bool(goes_on))
    return blocks
