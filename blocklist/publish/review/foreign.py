"""Foreign files: plain names, hosts files and CSV, read line by line into text fields for `drafts.draft`.

A reader takes numbered lines and yields (line number, fields) or (line number, fault). It never puts what it read
into a fault: a reject says the line and the reason.
"""

import csv
from collections.abc import Callable, Iterable, Iterator, Mapping
from functools import partial
from ipaddress import ip_address
from typing import Final

from blocklist.errors import EntryFault, OperatorFault
from blocklist.limits import LIMITS
from blocklist.publish.review.drafts import FLAGS
from blocklist.publish.review.rpz import read_rpz

Lines = Iterable[tuple[int, str | EntryFault]]
Found = tuple[int, Mapping[str, str] | EntryFault]
Reader = Callable[[Lines], Iterator[Found]]

FORMATS: Final = ("plain", "hosts", "rpz", "csv", "jsonl")
CSV_FIELDS: Final = (
    "name", "url", "type", "criterion", "basis", "last_resort", "decided_on", "verified", "review_by", "not_after",
    "path_match", *FLAGS,
)  # fmt: skip
LOCAL_NAMES: Final = frozenset(
    ("localhost", "localhost.localdomain", "local", "broadcasthost", "ip6-localhost", "ip6-loopback", "ip6-localnet",
     "ip6-mcastprefix", "ip6-allnodes", "ip6-allrouters", "ip6-allhosts")
)  # fmt: skip # every hosts file has these for the host itself; they are no listing


def decoded(lines: Iterable[bytes]) -> Lines:
    """Number the lines from 1 and decode them; one that is too long or no UTF-8 becomes a fault."""
    for number, line in enumerate(lines, 1):
        if len(line) > LIMITS.line_bytes:
            yield number, EntryFault("long_line")
            continue
        try:
            yield number, line.decode("utf-8-sig").rstrip("\r\n")
        except UnicodeDecodeError:
            yield number, EntryFault("bad_encoding")


def reader(form: str, columns: Mapping[str, str], delimiter: str) -> Reader:
    """The reader of a format. `columns` maps a field to a CSV column; raises `OperatorFault` for a foreign field."""
    unknown = sorted(columns.keys() - set(CSV_FIELDS))
    if unknown:
        raise OperatorFault("column_map", f"--column {unknown[0]}=…: the fields are {', '.join(CSV_FIELDS)}")
    readers: dict[str, Reader] = {
        "plain": read_plain,
        "hosts": read_hosts,
        "rpz": read_rpz,
        "csv": partial(read_csv, columns=columns, delimiter=delimiter),
    }
    return readers[form]


def read_plain(lines: Lines) -> Iterator[Found]:
    """One name (or URL) a line; `#` starts a comment."""
    for number, line in lines:
        if isinstance(line, EntryFault):
            yield number, line
        elif (text := _uncommented(line)) != "":
            yield (number, EntryFault("several_words")) if len(text.split()) > 1 else (number, {"name": text})


def read_hosts(lines: Lines) -> Iterator[Found]:
    """`hosts(5)`: an address, then one or more names; the address is of no meaning here."""
    for number, line in lines:
        if isinstance(line, EntryFault):
            yield number, line
            continue
        address, *names = _uncommented(line).split() or [""]
        if not address:
            continue
        if not names or not _is_address(address):
            yield number, EntryFault("no_hosts_line")
            continue
        yield from ((number, {"name": name}) for name in names if name.lower() not in LOCAL_NAMES)


def read_csv(lines: Lines, *, columns: Mapping[str, str], delimiter: str) -> Iterator[Found]:
    """CSV with a header line; a quoted field may hold the delimiter but no line break, so that line numbers hold."""
    positions: list[tuple[str, int]] | None = None
    for number, line in lines:
        if isinstance(line, EntryFault):
            yield number, line
        elif positions is None:
            positions = _positions(_cells(line, delimiter) or [], columns)
        elif line.strip():
            cells = _cells(line, delimiter)
            short = cells is None or any(position >= len(cells) for _, position in positions)
            if cells is None or short:
                yield number, EntryFault("bad_csv_line")
            else:
                yield number, {field: cells[position] for field, position in positions}


def _cells(line: str, delimiter: str) -> list[str] | None:
    try:
        return next(csv.reader([line], delimiter=delimiter, strict=True))
    except (csv.Error, StopIteration):
        return None


def _positions(header: list[str], columns: Mapping[str, str]) -> list[tuple[str, int]]:
    names = [cell.strip() for cell in header]
    wanted = columns or {field: field for field in CSV_FIELDS if field in names}
    for field, column in wanted.items():
        if column not in names:
            raise OperatorFault("column_map", f"--column {field}={column}: the file's first line has no such column")
    if not {"name", "url"} & wanted.keys():
        raise OperatorFault("column_map", "the first line has no column `name` or `url`: say --column name=COLUMN")
    return [(field, names.index(column)) for field, column in wanted.items()]


def _uncommented(line: str) -> str:
    return line.partition("#")[0].strip()


def _is_address(text: str) -> bool:
    try:
        ip_address(text.partition("%")[0])
    except ValueError:
        return False
    return True
