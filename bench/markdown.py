"""Tables that read well in a terminal and on a page."""

from __future__ import annotations


def markdown(rows: list[list[str]]) -> list[str]:
    """A table, its first row the head; figures to the right."""
    width = max(map(len, rows))
    padded = [row + [""] * (width - len(row)) for row in rows]
    rule = "|---|" + "---:|" * (width - 1)
    lines = ["| " + " | ".join(row) + " |" for row in padded]
    return [lines[0], rule, *lines[1:]]
