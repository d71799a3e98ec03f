"""The kinds of plain value a setting can hold: each reads one YAML value and describes itself for the JSON schema.

A kind refuses by raising `ValueError` with a sentence for the operator; the place of the fault is added by the reader.
"""

import os
import re
from difflib import get_close_matches
from typing import Any, Protocol

from attrs import field, frozen

Json = dict[str, Any]


class Kind(Protocol):
    """How one value is read and described."""

    def read(self, value: object) -> object:
        """Turn a YAML value into the setting's own type; ValueError says what was expected."""

    def schema(self) -> Json:
        """Describe what `read` accepts, as JSON schema (as far as JSON schema can say it)."""


def found(value: object) -> str:
    """Name what stood in the file, shortly."""
    if value is None:
        return "nothing"
    if isinstance(value, bool):
        return f"the switch {str(value).lower()}"
    if isinstance(value, str | int | float):
        text = repr(value)
        return text if len(text) <= 60 else text[:57] + "…'"
    return "a list" if isinstance(value, list | tuple) else "a group of settings"


def suggestion(word: object, known: list[str]) -> str:
    """Return ` Did you mean …?` where one of the known words is close, else nothing."""
    close = get_close_matches(str(word), known, n=1)
    return f" Did you mean {close[0]!r}?" if close else ""


@frozen
class Switch:
    """`true` or `false`."""

    def read(self, value: object) -> bool:
        """Refuse everything but the two words (`yes` and 1 are read differently by different YAML versions)."""
        if not isinstance(value, bool):
            raise ValueError(f"expected true or false, found {found(value)}")
        return value

    def schema(self) -> Json:
        """Describe the switch."""
        return {"type": "boolean"}


@frozen
class Number:
    """A whole number from `low` to `high`, both included."""

    low: int
    high: int
    unit: str = ""

    def read(self, value: object) -> int:
        """Refuse other types and everything out of the range."""
        if isinstance(value, bool) or not isinstance(value, int) or not self.low <= value <= self.high:
            unit = f" {self.unit}" if self.unit else ""
            raise ValueError(f"expected a number from {self.low} to {self.high}{unit}, found {found(value)}")
        return value

    def schema(self) -> Json:
        """Describe the range."""
        return {"type": "integer", "minimum": self.low, "maximum": self.high}


@frozen
class Workers:
    """`auto` (one a usable processor) or a number; read into the number, so that all processes agree on it."""

    most: int = 256

    def read(self, value: object) -> int:
        """Resolve `auto` on this machine."""
        if value == "auto":
            return min(len(os.sched_getaffinity(0)), self.most)
        if isinstance(value, str):
            raise ValueError(f"expected auto or a number from 1 to {self.most}, found {found(value)}")
        return Number(1, self.most).read(value)

    def schema(self) -> Json:
        """Describe both forms."""
        return {"anyOf": [{"const": "auto"}, Number(1, self.most).schema()]}


# Control characters, and halves of characters, which no file or page can hold as UTF-8.
_NO_TEXT = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\ud800-\udfff]")


@frozen
class Words:
    """A text; `pattern` narrows it and `hint` says in words what the pattern wants."""

    pattern: str = r"(?s)\s*\S.*"
    hint: str = "a text"
    most: int = 1000

    def read(self, value: object) -> str:
        """Refuse other types, empty and overlong texts and what does not match."""
        if isinstance(value, int | float) and not isinstance(value, bool):
            raise ValueError(f"expected {self.hint}, found the number {value}: put it in quotation marks")
        if not isinstance(value, str) or len(value) > self.most or not re.fullmatch(self.pattern, value):
            raise ValueError(f"expected {self.hint}, found {found(value)}")
        if odd := _NO_TEXT.search(value):
            raise ValueError(f"expected {self.hint}, found the character U+{ord(odd[0]):04X} in it: take it out")
        return value

    def schema(self) -> Json:
        """Describe the text; the pattern is stated only where it is plain enough for every JSON schema reader."""
        plain = {} if self.pattern.startswith("(?") else {"pattern": f"^(?:{self.pattern})$"}
        return {"type": "string", "minLength": 1, "maxLength": self.most} | plain


@frozen
class Choice:
    """One of a few fixed words or numbers."""

    options: tuple[str | int, ...]
    what: str = field(default="one of", kw_only=True)

    def read(self, value: object) -> str | int:
        """Refuse all others; suggest the nearest."""
        if not isinstance(value, bool):
            for option in self.options:
                if type(option) is type(value) and option == value:
                    return option
        listed = ", ".join(str(option) for option in self.options)
        near = suggestion(value, [str(option) for option in self.options]) if isinstance(value, str) else ""
        raise ValueError(f"expected {self.what} {listed}; found {found(value)}.{near}")

    def schema(self) -> Json:
        """Describe the choice."""
        return {"enum": list(self.options)}


_UNITS = {"s": 1, "m": 60, "h": 3600, "d": 86400}


@frozen
class Duration:
    """Seconds as a number, or a number with a unit: `15s`, `5m`, `24h`, `7d`."""

    low: int
    high: int
    only: tuple[int, ...] = ()

    def read(self, value: object) -> int:
        """Return whole seconds within the range."""
        match = re.fullmatch(r"(\d{1,9})([smhd]?)", str(value)) if not isinstance(value, bool) else None
        seconds = int(match[1]) * _UNITS[match[2] or "s"] if match else -1
        if not self.low <= seconds <= self.high or (self.only and seconds not in self.only):
            raise ValueError(f"expected {self._wanted()}, found {found(value)}")
        return seconds

    def _wanted(self) -> str:
        if self.only:
            return "a duration: " + " or ".join(spell_seconds(each) for each in self.only)
        return f"a duration from {spell_seconds(self.low)} to {spell_seconds(self.high)}, like 15 (seconds) or 5m"

    def schema(self) -> Json:
        """Describe both forms; the range is checked for the plain number only."""
        whole: Json = {"enum": list(self.only)} if self.only else {"minimum": self.low, "maximum": self.high}
        return {"anyOf": [{"type": "integer"} | whole, {"type": "string", "pattern": "^[0-9]{1,9}[smhd]?$"}]}


def spell_seconds(seconds: int) -> str:
    """Write a duration with its largest whole unit: 86400 -> 1d."""
    for unit, size in reversed(_UNITS.items()):
        if seconds and seconds % size == 0:
            return f"{seconds // size}{unit}"
    return f"{seconds}s"
