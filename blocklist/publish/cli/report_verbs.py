"""`report`, `research-export`, `review-bundle`: what the body publishes about its own work."""

from collections.abc import Sequence
from pathlib import Path

import click

from blocklist.publish.cli.door import Session
from blocklist.publish.cli.options import FILE, FOLDER, json_option, on_desk
from blocklist.publish.cli.showing import tell
from blocklist.publish.faults import Refusal
from blocklist.publish.files import PUBLIC_FILE, PUBLIC_FOLDER, make_folder, read_file, write_atomically
from blocklist.publish.reporting.body_report import Span, body_report
from blocklist.publish.reporting.past import Past
from blocklist.publish.reporting.research import Research
from blocklist.publish.reporting.review import review_bundle
from blocklist.transparency.bundle import write_bundle
from blocklist.transparency.notes import Notes
from blocklist.transparency.period import Period
from blocklist.transparency.write import write_report

period_option = click.option(
    "--period", "label", metavar="PERIOD", required=True, help="A month (2026-11), quarter (2026-Q4) or year (2026)."
)
notes_option = click.option("--notes", "notes_file", type=FILE, help="The officer's words, YAML (reporting.md).")
out_option = click.option("--out", type=FOLDER, required=True, help="The folder to write into.")


@click.command()
@on_desk
@period_option
@notes_option
@out_option
@json_option
def report(here: Session, *, label: str, notes_file: Path | None, out: Path, as_json: bool) -> None:
    """Write the transparency report of a period: a page, JSON and CSV. Counts and codes only, no name and no id."""
    period, notes = Period.parse(label), _notes(notes_file)
    made = body_report(_past(here), period, notes, here.door.now())
    _tell(write_report(made, out), as_json)


@click.command("research-export")
@on_desk
@period_option
@out_option
@json_option
def research_export(here: Session, *, label: str, out: Path, as_json: bool) -> None:
    """Write data for outside researchers: lifetimes, kinds (rounded), every version's public line. No name, no id."""
    now, period = here.door.now(), Period.parse(label)
    past = _past(here)
    made = Research(Span(past=past, period=period, now=now), body_report(past, period, Notes(), now))
    make_folder(out, PUBLIC_FOLDER)
    for name, data in made.files().items():
        write_atomically(out / name, data, PUBLIC_FILE)
    _tell([out / name for name in made.files()], as_json)


@click.command("review-bundle")
@on_desk
@click.option("--year", type=click.IntRange(2000, 2998), required=True, help="The year to review.")
@click.option("--policy", "documents", type=FILE, multiple=True, help="A document of the policy to put in.")
@notes_option
@out_option
@json_option
def review(
    here: Session, *, year: int, documents: tuple[Path, ...], notes_file: Path | None, out: Path, as_json: bool
) -> None:
    """Write the yearly review: all reports of the year, what they rest on, and a SHA-256 of each file."""
    notes, now, period = _notes(notes_file), here.door.now(), Period.parse(f"{year}")
    policy = {path.name: read_file(path, "policy document") for path in documents}
    if len(policy) < len(documents):
        raise Refusal("policy", "two policy documents have the same file name: rename one, or one would be lost")
    made = review_bundle(_past(here), period, notes, now, policy)
    _tell(write_bundle(made, out), as_json)


def _past(here: Session) -> Past:
    """What the reports count; `Refusal` where a signature behind it is bad."""
    failures = here.desk.verify().failures
    if failures:
        raise Refusal(
            "unproven",
            f"{len(failures)} signatures at this desk prove nothing: nothing was written; `mamori-list verify` names"
            " what they are about",
        )
    return here.desk.past(here.door.now())


def _notes(path: Path | None) -> Notes:
    return Notes() if path is None else Notes.read(path)


def _tell(written: Sequence[Path], as_json: bool) -> None:
    tell({"written": [str(path) for path in written]}, as_json=as_json, lines=[f"wrote {path}" for path in written])
