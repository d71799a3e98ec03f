"""What a verb found, shown: one JSON object for programs, or lines and tables for people.

A verb hands over plain data once; ids, codes, dates and counts, never a listed name.
"""

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any, Final

import click

MAX_SHOWN: Final = 20  # ids or rows of one kind that people are shown; `--json` has all


def tell(facts: Mapping[str, Any], *, as_json: bool, lines: Iterable[str] | None = None) -> None:
    """Print `facts` as one JSON object; for people print `lines`, or without them the facts themselves."""
    if as_json:
        click.echo(json.dumps(facts, ensure_ascii=False))
        return
    for line in fact_lines(facts) if lines is None else lines:
        click.echo(line)


def fact_lines(facts: Mapping[str, Any]) -> Iterator[str]:
    """`name: value` for each fact; a list of objects becomes a table, any other list its length and first members."""
    for name, value in facts.items():
        label = name.replace("_", " ")
        if isinstance(value, Mapping):
            yield f"{label}:"
            yield from (f"  {line}" for line in fact_lines(value))
        elif not isinstance(value, list | tuple):
            yield f"{label}: {_cell(value)}"
        elif value and all(isinstance(one, Mapping) for one in value):
            yield f"{label}: {len(value)}"
            yield from table(value)
        else:
            yield f"{label}: {len(value)}"
            yield from shortened(value)


def table(rows: Sequence[Mapping[str, Any]], columns: Sequence[str] | None = None) -> Iterator[str]:
    """Rows under a headline, in aligned columns; `columns` chooses and orders them [those of the first row]."""
    names = list(columns if columns is not None else rows[0] if rows else ())
    shown = [[_cell(row.get(name)) for name in names] for row in rows[:MAX_SHOWN]]
    lines = [[name.replace("_", " ") for name in names], *shown] if shown else []
    widths = [max(map(len, column)) for column in zip(*lines, strict=True)]
    for line in lines:
        yield "  " + "  ".join(cell.ljust(width) for cell, width in zip(line, widths, strict=True)).rstrip()
    yield from _rest(len(rows))


def shortened(values: Iterable[object]) -> Iterator[str]:
    """The first of many ids, one a line, and how many more there are."""
    listed = list(values)
    yield from (f"  {_cell(value)}" for value in listed[:MAX_SHOWN])
    yield from _rest(len(listed))


def _rest(count: int) -> Iterator[str]:
    if count > MAX_SHOWN:
        yield f"  … and {count - MAX_SHOWN} more"


def _cell(value: object) -> str:
    if value is None:
        return "-"
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, list | tuple):
        return ", ".join(map(str, value)) or "-"
    return str(value)
