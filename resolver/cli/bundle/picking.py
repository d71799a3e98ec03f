"""Keep of a document only what a shape names, and only where the value is what the shape says: all else is left out."""

import re
from collections.abc import Callable, Iterable, Mapping
from typing import Any

Fits = Callable[[Any], bool]
Shape = Fits | Mapping[str, Any] | list[Any]


def number(value: Any) -> bool:
    """Whether it is a number."""
    return isinstance(value, int | float) and not isinstance(value, bool)


def switch(value: Any) -> bool:
    """Whether it is true or false."""
    return isinstance(value, bool)


def word(allowed: Iterable[str]) -> Fits:
    """Return what takes the words of a closed set only."""
    known = frozenset(allowed)
    return lambda value: isinstance(value, str) and value in known


def text(pattern: str) -> Fits:
    """Return what takes texts of one strict form."""
    form = re.compile(pattern)
    return lambda value: isinstance(value, str) and form.fullmatch(value) is not None


def pick(document: Any, shape: Shape) -> Any:
    """Return the part of a document that has the shape: a group by its keys, a list by the shape of one element.

    None stays, for it says only that something is not known.
    """
    if isinstance(shape, Mapping):
        group = document if isinstance(document, Mapping) else {}
        return {key: pick(group[key], one) for key, one in shape.items() if key in group and fits(group[key], one)}
    if isinstance(shape, list):
        return [pick(each, shape[0]) for each in document if fits(each, shape[0])]
    return document


def fits(value: Any, shape: Shape) -> bool:
    """Whether a value is of the kind the shape wants."""
    if isinstance(shape, Mapping):
        return isinstance(value, Mapping)
    if isinstance(shape, list):
        return isinstance(value, list | tuple)
    return value is None or shape(value)
