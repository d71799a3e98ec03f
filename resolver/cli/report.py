"""`mamori report`, `mamori research-export`, `mamori review-bundle`: what an ISP publishes, made from the ledger."""

import time
from collections.abc import Callable, Sequence
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import click

from blocklist.disk import replace_file
from blocklist.transparency.bundle import write_bundle
from blocklist.transparency.notes import Notes
from blocklist.transparency.period import Period
from blocklist.transparency.write import PUBLIC_FILE, PUBLIC_FOLDER, write_report
from blocklist.trust.local.preflight import REPORT_NAME, Report, Standing, load_report, public_key, standing
from blocklist.trust.storage.host_key import load
from resolver.cli.faults import CliFault
from resolver.cli.identity import as_owner_of
from resolver.cli.options import config_option
from resolver.edge.supervision.ledger_file import LEDGER_NAME
from resolver.reporting.books import read_books
from resolver.reporting.policy import InForce
from resolver.reporting.report import Sources
from resolver.reporting.research import research_files
from resolver.reporting.review import review_bundle
from resolver.settings import Settings
from resolver.settings import load as load_settings
from resolver.settings.fingerprint import fingerprint

_FILE = click.Path(path_type=Path, dir_okay=False)
_FOLDER = click.Path(path_type=Path, file_okay=False)
Verb = Callable[..., Any]


def _sources(verb: Verb) -> Verb:
    """The options that all three take."""
    for option in (
        click.option("--out", required=True, type=_FOLDER, help="The folder to write into."),
        click.option("--notes", type=_FILE, help="The officer's words, YAML (docs/operators/reporting.md)."),
        click.option("--ledger", "ledgers", type=_FILE, multiple=True, help="Another host's ledger; several times."),
        config_option,
    ):
        verb = option(verb)
    return verb


_period_option = click.option("--period", required=True, help="A month (2026-11), quarter (2026-Q4) or year (2026).")


@click.command()
@_sources
@_period_option
def report(config: Path, ledgers: tuple[Path, ...], notes: Path | None, out: Path, period: str) -> None:
    """Write the transparency report of a period: a page, JSON and CSV. Sums only; works while no resolver runs."""
    wanted = Period.parse(period)
    sources, _preflight = _gathered(config, ledgers, notes)
    _tell(_written(lambda: write_report(sources.report(wanted), out)))


@click.command("research-export")
@_sources
@_period_option
def research_export(config: Path, ledgers: tuple[Path, ...], notes: Path | None, out: Path, period: str) -> None:
    """Write data for outside researchers: figures by month, noised and rounded, as CSV and JSON."""
    wanted = Period.parse(period)
    sources, _preflight = _gathered(config, ledgers, notes)
    wanted.must_have_begun(sources.made_on)
    files = research_files([sources.report(month) for month in wanted.months() if month.first <= sources.made_on])
    _tell(_written(lambda: _write_all(out, files)))


@click.command("review-bundle")
@_sources
@click.option("--year", type=click.IntRange(2000, 2998), required=True, help="The year to review.")
def review(config: Path, ledgers: tuple[Path, ...], notes: Path | None, out: Path, year: int) -> None:
    """Write the yearly review: every report of the year, what they rest on, and a SHA-256 of each file."""
    sources, preflight = _gathered(config, ledgers, notes)
    bundle = review_bundle(sources, Period.parse(f"{year}"), preflight)
    _tell(_written(lambda: write_bundle(bundle, out)))


def _gathered(config: Path, others: tuple[Path, ...], notes: Path | None) -> tuple[Sources, bytes | None]:
    """Everything a report is made from, and the preflight report's bytes."""
    settings = load_settings(config, look_at_files=False)
    words = Notes() if notes is None else Notes.read(notes)
    now = time.time()
    with as_owner_of(settings.state):
        own = settings.state / LEDGER_NAME
        if not own.exists() and not others:
            raise CliFault(f"there is no ledger {own}: it begins with the first start of a resolver on this host")
        books = read_books([*([own] if own.exists() else []), *others])
        in_force, preflight = _in_force(settings, now)
    return Sources(in_force, books, words, _day(now)), preflight


def _in_force(settings: Settings, now: float) -> tuple[InForce, bytes | None]:
    if not settings.preflight.required:
        return InForce(settings, Standing.NOT_REQUIRED), None
    key = load(settings.state)
    examined: Report | None = None if key is None else load_report(settings.state, public_key(key))
    lists = [each.id for each in settings.lists]
    data = (settings.state / REPORT_NAME).read_bytes() if examined is not None else None
    return InForce(settings, standing(examined, fingerprint(settings), lists, now), examined), data


def _day(now: float) -> date:
    return datetime.fromtimestamp(now, UTC).date()


def _write_all(folder: Path, files: dict[str, bytes]) -> tuple[Path, ...]:
    folder.mkdir(PUBLIC_FOLDER, parents=True, exist_ok=True)
    for name, data in files.items():
        replace_file(folder / name, data, PUBLIC_FILE)
    return tuple(folder / name for name in files)


def _written(write: Callable[[], tuple[Path, ...]]) -> tuple[Path, ...]:
    try:
        return write()
    except OSError as error:
        raise CliFault(f"cannot write {error.filename or 'the files'}: {error.strerror}") from None


def _tell(paths: Sequence[Path]) -> None:
    for path in paths:
        click.echo(f"wrote {path}")
