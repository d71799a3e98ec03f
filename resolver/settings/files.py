"""A settings file on disk -> settings; also looks whether the files it names can be read."""

from collections.abc import Iterator
from pathlib import Path

from attrs import evolve

from blocklist.errors import EntryFault
from blocklist.names import canonical_name
from resolver.settings.certificate import pair_faults
from resolver.settings.cookie_secrets import secret_faults
from resolver.settings.faults import Fault, SettingsFault
from resolver.settings.lists import ListSettings
from resolver.settings.model import Settings
from resolver.settings.reader import parse
from resolver.settings.upstream_checks import upstream_file_faults
from resolver.settings.yaml_file import MOST_BYTES, read_yaml


def load(path: Path, *, look_at_files: bool = True) -> Settings:
    """Read a settings file; SettingsFault names every fault at once, each with its line.

    `look_at_files` is switched off by verbs that come before the files are there (the list body's root.json).
    """
    document = read_yaml(_bytes_of(path))
    try:
        settings = parse(document.data, base=path.absolute().parent)
        faults = tuple(_faults_in_files(settings)) if look_at_files else ()
        if faults:
            raise SettingsFault(faults)
    except SettingsFault as fault:
        placed = [evolve(each, line=document.line_of(each.path)) for each in fault.faults]
        raise SettingsFault(sorted(placed, key=lambda each: (each.line or 0, each.path))) from None
    return settings


def _bytes_of(path: Path) -> bytes:
    try:
        with path.open("rb") as file:
            return file.read(MOST_BYTES + 1)
    except OSError as error:
        raise SettingsFault([Fault("", f"cannot read {path}: {error.strerror}")]) from None


def _faults_in_files(settings: Settings) -> Iterator[Fault]:
    yield from upstream_file_faults(settings)
    for number, each in enumerate(settings.lists):
        faults = [*_unreadable(each)] or [*_no_names(each)]
        yield from (evolve(fault, path=f"lists[{number}].{fault.path}") for fault in faults)
    yield from secret_faults(settings.cookies)
    if settings.tls is not None:
        yield from pair_faults(settings.tls)


def _unreadable(each: ListSettings) -> Iterator[Fault]:
    for key, path in _named_files(each):
        if path is None:
            continue
        try:
            path.read_text("utf-8")
        except (OSError, UnicodeDecodeError) as error:
            why = error.strerror if isinstance(error, OSError) else "not UTF-8 text"
            yield Fault(key, f"cannot read {path}: {why}")


def _named_files(each: ListSettings) -> Iterator[tuple[str, Path | None]]:
    yield from (("root", each.root), ("never_file", each.never_file))
    if each.tls is not None:
        yield from (("tls.ca", each.tls.ca), ("tls.certificate", each.tls.certificate), ("tls.key", each.tls.key))


def _no_names(each: ListSettings) -> Iterator[Fault]:
    for name in each.never_names():
        try:
            canonical_name(name)
        except EntryFault as fault:
            yield Fault("never" if name in each.never else "never_file", f"{name!r} is no domain name: {fault}")
