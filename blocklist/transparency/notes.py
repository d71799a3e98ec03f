"""What the officer in charge writes into a report: a small YAML file with words in both languages, kept over the year.

Events have a day and come into the report of that day; words may name the one period they are for.
"""

import unicodedata
from collections import Counter
from collections.abc import Iterable
from datetime import date
from pathlib import Path
from typing import Any, Final, TypeVar

import yaml
from attrs import evolve, frozen
from cattrs import Converter, transform_error
from cattrs.errors import ForbiddenExtraKeysError
from cattrs.gen import make_dict_structure_fn, override
from cattrs.v import format_exception

from blocklist.errors import OperatorFault
from blocklist.transparency.model import Event, Fact, Figure
from blocklist.transparency.period import Period
from blocklist.transparency.text import Text

T = TypeVar("T")
_NO_WORDS: Final = ("Cc", "Cs")  # Unicode categories: control characters but for line ends, halves of characters
BYTES_MAX: Final = 1_000_000  # of the file: a year of words in two languages takes a hundredth


@frozen
class Words:
    """A paragraph, for every report or for that of one period (`2026-11`)."""

    ja: str
    en: str
    period: Period | None = None


@frozen(kw_only=True)
class Objection:
    """One objection at an ISP's own desk, without anything about whose or what; a list body's desk keeps its own."""

    received: date
    decided: date | None = None
    upheld: bool = False

    def __attrs_post_init__(self) -> None:
        if self.decided is None and self.upheld:
            raise ValueError("what is upheld has a day of its decision")
        if self.decided is not None and self.decided < self.received:
            raise ValueError("decided before it was received")


@frozen(kw_only=True)
class Notes:
    """The file. A register that is left out (None) was not kept, which is not the same as nothing in it."""

    publisher: Text | None = None
    policy: tuple[Fact, ...] = ()
    policy_changes: tuple[Event, ...] = ()
    analysis: tuple[Words, ...] = ()
    accidents: tuple[Event, ...] | None = None
    drills: tuple[Event, ...] | None = None
    objections: tuple[Objection, ...] | None = None  # at an ISP's desk; all of them, whatever the period
    remarks: tuple[Words, ...] = ()

    @classmethod
    def read(cls, path: Path) -> "Notes":
        """Read the file; `OperatorFault` says where it is wrong."""
        try:
            with path.open("rb") as file:
                data = file.read(BYTES_MAX + 1)
            if len(data) > BYTES_MAX:
                raise OperatorFault("notes", f"{path} is longer than {BYTES_MAX:,} bytes: these are no notes")
            plain = _Loader(data).get_single_data()
        except OSError as error:
            raise OperatorFault("notes", f"cannot read the notes {path}: {error.strerror}") from None
        except (yaml.YAMLError, ValueError) as error:  # ValueError: a day or a number that there is not
            raise OperatorFault("notes", f"{path} is no YAML: {' '.join(str(error).split())}") from None
        except RecursionError:
            raise OperatorFault("notes", f"{path} is nested too deep: these are no notes") from None
        try:
            return _CONVERTER.structure(plain if plain is not None else {}, cls)
        except Exception as error:  # noqa: BLE001  # cattrs collects whatever went wrong into one group
            raise OperatorFault("notes", f"{path}: {'; '.join(transform_error(error, 'notes', _said))}") from None

    def within(self, period: Period) -> "Notes":
        """What of it belongs into the report of a period."""
        return evolve(
            self,
            policy_changes=_of(period, self.policy_changes),
            accidents=None if self.accidents is None else _of(period, self.accidents),
            drills=None if self.drills is None else _of(period, self.drills),
            analysis=tuple(one for one in self.analysis if one.period in (None, period)),
            remarks=tuple(one for one in self.remarks if one.period in (None, period)),
        )


class _Loader(yaml.SafeLoader):
    """YAML in which a register that is begun twice is an error, and does not silently lose what stood in the first."""

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Any, Any]:
        """Read a group of fields."""
        names = Counter(key.value for key, _ in node.value if isinstance(key, yaml.ScalarNode))
        for name, times in names.items():
            if times > 1:
                raise yaml.constructor.ConstructorError(None, None, f"{name} stands there twice", node.start_mark)
        return super().construct_mapping(node, deep)


def texts(words: Iterable[Words]) -> tuple[Text, ...]:
    """The paragraphs as a report has them."""
    return tuple(Text(one.ja, one.en) for one in words)


def counted(events: tuple[Event, ...] | None) -> Figure:
    """How many events a register has; not known where none was kept."""
    return Figure(None if events is None else len(events))


def _of(period: Period, events: tuple[Event, ...]) -> tuple[Event, ...]:
    return tuple(one for one in events if period.holds(one.on))


def _text(plain: Any, _: Any) -> Text:
    """`{ja, en}`, or what reads the same in both languages: a number, a version, an address."""
    if isinstance(plain, dict):
        return _PLAIN.structure(plain, Text)
    if isinstance(plain, bool) or not isinstance(plain, str | int | float | date):
        raise ValueError("give ja and en")
    return Text(str(plain), str(plain))


def _day(plain: Any, _: Any) -> date:
    if type(plain) is not date:
        raise ValueError("give a day as 2026-11-30")
    return plain


def _word(plain: Any, _: Any) -> str:
    if not isinstance(plain, str) or not plain.strip():
        raise ValueError("give words")
    if any(unicodedata.category(each) in _NO_WORDS and each != "\n" for each in plain):
        raise ValueError("there is a character in it that cannot be printed")
    return plain.strip()


def _period(plain: Any, _: Any) -> Period:
    return Period.parse(str(plain))  # YAML reads 2026 as a number


def _truth(plain: Any, _: Any) -> bool:
    if not isinstance(plain, bool):
        raise ValueError("give true or false")
    return plain


def _said(error: BaseException, expected: type | None) -> str:
    if isinstance(error, ForbiddenExtraKeysError):
        return f"no such field: {', '.join(sorted(map(str, error.extra_fields)))}"
    if isinstance(error, AttributeError):
        return "give fields with their values"
    return str(error) if type(error) in (ValueError, OperatorFault) else str(format_exception(error, expected))


def _converter() -> Converter:
    converter = Converter(forbid_extra_keys=True)
    converter.register_structure_hook(date, _day)
    converter.register_structure_hook(str, _word)
    converter.register_structure_hook(bool, _truth)
    converter.register_structure_hook(Period, _period)
    day_not_on = override(rename="day")  # YAML 1.1 reads `on` as true
    converter.register_structure_hook(
        Event, make_dict_structure_fn(Event, converter, _cattrs_forbid_extra_keys=True, on=day_not_on)
    )
    return converter


_PLAIN: Final = _converter()
_CONVERTER: Final = _converter()
_CONVERTER.register_structure_hook(Text, _text)
