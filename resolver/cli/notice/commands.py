"""`mamori notice preview` and `mamori notice check`."""

import json
from pathlib import Path

import click
from attrs import asdict

from resolver.cli.faults import CliFault, Exit
from resolver.cli.notice.finding import Finding
from resolver.cli.notice.links import LinkLimits, check_links, links_of, phones_of
from resolver.cli.notice.pages import Page, pages, too_long
from resolver.cli.notice.visit import VisitLimits, visit
from resolver.cli.options import config_option, json_option
from resolver.settings import Settings, load

_DNS_ONLY = "answer.mode is dns-only, or there are no notices: no page is shown"


@click.group()
def notice() -> None:
    """Look at the notice page, and check it."""


@notice.command()
@config_option
@click.option("--out", type=click.Path(path_type=Path, file_okay=False), help="Write the pages here instead, and end.")
def preview(config: Path, out: Path | None) -> None:
    """Show each page as visitors will get it.

    Served on loopback until Ctrl-C, byte for byte: each notice without and with the sentence that no record is kept,
    which the resolver adds only while `mamori preflight` vouches for it.
    """
    shown = pages(load(config, look_at_files=False))
    if not shown:
        raise CliFault(_DNS_ONLY)
    if out is None:
        _serve(shown)
    else:
        _write(shown, out)


def _serve(shown: list[Page]) -> None:
    from resolver.cli.notice.serving import serve  # loads the reactor, which only this verb needs

    serve(shown, click.echo)


def _write(shown: list[Page], out: Path) -> None:
    try:
        out.mkdir(parents=True, exist_ok=True)
        for page in shown:
            file = out / page.file_name
            file.write_bytes(page.responses.page_body)
            click.echo(f"{file}: {page}, {len(page.responses.page_body):,} bytes")
    except OSError as error:
        raise CliFault(f"cannot write {error.filename}: {error.strerror}; name another folder with --out") from None


@notice.command()
@config_option
@click.option("--links/--no-links", default=True, help="Ask for every link of the pages.", show_default=True)
@click.option("--visit/--no-visit", "visits", default=True, help="Visit every notice address.", show_default=True)
@json_option
def check(config: Path, links: bool, visits: bool, as_json: bool) -> int:
    """Check what visitors will meet.

    The size of each page, whether its links answer, which numbers to dial by hand; and at each notice address the page
    on port 80, the empty answer for pictures, and that HTTPS, HTTP/3 and mail are refused at once. Type it where
    customers are, too. Exit code 1 if anything is bad.
    """
    settings = load(config, look_at_files=False)
    if not pages(settings):
        raise CliFault(_DNS_ONLY)
    findings = [Finding("bad", each.path, each.message) for each in too_long(settings)]
    findings += [*check_links(links_of(settings), LinkLimits()), *phones_of(settings)] if links else []
    findings += _visits(settings) if visits else []
    click.echo(_shown(findings, as_json))
    return Exit.FAILED if any(each.state == "bad" for each in findings) else Exit.DONE


def _shown(findings: list[Finding], as_json: bool) -> str:
    if as_json:
        return json.dumps([asdict(each) for each in findings], ensure_ascii=False)
    return "\n".join(map(str, findings))


def _visits(settings: Settings) -> list[Finding]:
    """Both addresses of each notice."""
    limits, served = VisitLimits(), pages(settings)
    return [
        finding
        for name, notice in settings.notices.items()
        for address in (notice.ipv4, notice.ipv6)
        if address is not None
        for finding in visit(str(address), [page for page in served if page.notice == name], limits)
    ]
