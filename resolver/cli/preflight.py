"""`mamori preflight`: look whether a list may be enforced here, and sign what was found."""

from importlib.metadata import version
from pathlib import Path

import click

from blocklist.disk import make_folders, replace_file
from blocklist.errors import BlocklistError
from blocklist.trust.local.preflight import Report, State, keep_report, load_report, make_report, public_key, verify
from blocklist.trust.storage.host_key import load_or_create
from resolver.cli.faults import CliFault
from resolver.cli.identity import as_owner_of
from resolver.cli.options import config_option
from resolver.edge.supervision.control_client import ControlFault, ask
from resolver.preflight.attested import Attestations, asked, ends, template
from resolver.preflight.examination import case_of, examine
from resolver.preflight.host import Host
from resolver.preflight.report_text import LANGUAGES, report_text
from resolver.settings import Settings, load
from resolver.settings.fingerprint import fingerprint

LOOK_SECONDS = 10.0  # the running resolver reads a small file
this_host = Host()  # tests bring another


@click.command()
@config_option
@click.option("--attestations", type=click.Path(path_type=Path, dir_okay=False), help="File of attestations.")
@click.option("--out", type=click.Path(path_type=Path, file_okay=False), help="Folder for copies, to be filed.")
@click.option("--language", type=click.Choice(LANGUAGES), help="Show one language only.")
@click.option("--template", "wants_template", is_flag=True, help="Print a file of attestations to fill in, and end.")
@click.option(
    "--verify",
    "to_verify",
    type=click.Path(path_type=Path, dir_okay=False),
    help="Verify this report with --key, and end.",
)
@click.option("--key", help="Public key of the host that made it, 64 hexadecimal digits, by another way than the file.")
def preflight(
    config: Path,
    attestations: Path | None,
    out: Path | None,
    language: str | None,
    wants_template: bool,
    to_verify: Path | None,
    key: str | None,
) -> int:
    """Check and ask what must be so before a list is enforced, and sign the report.

    Exit code 1 while anything fails; each failure says what to do. The report lies in the state folder, is good for 90
    days, for these settings and this host; a running resolver is told of it.
    """
    languages = (language,) if language else LANGUAGES
    if to_verify is not None:
        click.echo(report_text(_verified(to_verify, key), languages), nl=False)
        return 0
    settings = load(config)
    if wants_template:
        click.echo(template(settings), nl=False)
        return 0
    named = attestations or settings.preflight.attestations
    given = Attestations.read(named) if named else Attestations()
    report, host_key = _examined(settings, config, given)
    text = report_text(report, languages)
    if named is None and _only_words_missing(settings, report):
        click.echo(text, nl=False)
        click.echo("nothing was kept: only attestations are missing, name their file by --attestations", err=True)
        return 1
    with as_owner_of(settings.state):
        data = keep_report(settings.state, report, host_key)
    if out is not None:
        _copy(out, report, data, text)
    click.echo(text, nl=False)
    _tell(settings)
    return int(not report.passed)


def _examined(settings: Settings, config: Path, given: Attestations) -> tuple[Report, bytes]:
    """Examine; the report of it, and the host key."""
    with as_owner_of(settings.state):
        host_key = load_or_create(settings.state)
    findings = examine(case_of(settings, config, given, this_host, host_key))
    with as_owner_of(settings.state):
        report = make_report(
            host_key,
            host=this_host.name,
            version=version("mamori"),
            now=this_host.now(),
            settings=fingerprint(settings),
            lists=[each.id for each in settings.lists],
            findings=findings,
            before=_before(settings.state, public_key(host_key)),
            until=ends(given, this_host.now()),
        )
        return report, host_key


def _only_words_missing(settings: Settings, report: Report) -> bool:
    """Whether nothing failed but what people were asked: a forgotten option must not take promises back."""
    failed = {each.id for each in report.findings if each.state is State.FAILED}
    return bool(failed) and failed <= set(asked(settings))


def _before(state: Path, public: bytes) -> Report | None:
    """The report that lies there; one that is damaged vouches for nothing."""
    try:
        return load_report(state, public)
    except BlocklistError as fault:
        click.echo(f"the report from before is not used: {fault}", err=True)
        return None


def _copy(folder: Path, report: Report, data: bytes, text: str) -> None:
    name = f"preflight-{report.host}-{report.made_at:%Y%m%dT%H%M%SZ}"
    try:
        make_folders(folder)
        replace_file(folder / f"{name}.json", data)
        replace_file(folder / f"{name}.txt", text.encode())
    except OSError as error:
        raise CliFault(f"cannot write into {folder}: {error.strerror}") from None
    click.echo(f"copies: {folder / name}.json and .txt", err=True)


def _tell(settings: Settings) -> None:
    """A running resolver looks at once; without one the next start does."""
    try:
        reply = ask(settings.state, "preflight", seconds=LOOK_SECONDS)
    except ControlFault:
        click.echo("no resolver runs with this state folder: the report counts from its start", err=True)
        return
    click.echo(f"the running resolver: {reply.get('text', '')}", err=True)


def _verified(path: Path, key: str | None) -> Report:
    """The report in a file, if the host with this key signed it."""
    try:
        public = bytes.fromhex(key or "")
    except ValueError:
        public = b""
    if len(public) != 32:
        raise click.UsageError("--verify goes with --key: 64 hexadecimal digits, as `mamori preflight` shows them")
    try:
        return verify(path.read_bytes(), public)
    except OSError as error:
        raise CliFault(f"cannot read {path}: {error.strerror}") from None
