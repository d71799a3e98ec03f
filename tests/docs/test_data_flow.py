"""What the statements for people say of files, series and switches, against the code."""

from __future__ import annotations

import ast
import json
import re
from collections.abc import Iterator
from pathlib import Path

import click
import pytest
from prometheus_client.parser import text_string_to_metric_families

from resolver.cli.entry import main
from resolver.edge.supervision.metrics import Exposition
from tests.docs.test_links import ROOT
from tests.docs.test_metrics_table import shown_name
from tests.resolver.edge.snapshots import snapshot

ASSURANCE = ROOT / "docs" / "assurance"
STATE_FILE = re.compile(r"[\w.-]+\.(json|jsonl|sealed|key|sock|reserve)")
NOT_OF_THE_STATE_FOLDER = {"index.json"}  # of the list body's Web server
RECORDING = re.compile("log|record|trace|debug|capture|verbose|dump|histor|journal|sniff", re.IGNORECASE)
READ_THE_ENVIRONMENT = {
    "resolver/app/demo.py",  # ports of the demo
    "resolver/app/run.py",  # MAMORI_HANDOVER, NOTIFY_SOCKET, WATCHDOG_USEC, WATCHDOG_PID
    "resolver/app/successor.py",  # hands all of it to its successor
    "resolver/cli/options.py",  # MAMORI_CONFIG
}
APPEND_TO_A_FILE = {"blocklist/trust/local/audit.py", "resolver/edge/supervision/ledger_file.py"}
RAW_ACCESS = re.compile(r"AF_PACKET|SOCK_RAW|\bpcap\b|libpcap|scapy|PR_SET_PTRACER|process_vm_readv")


def sources(*folders: str) -> list[Path]:
    return [path for folder in folders for path in sorted((ROOT / folder).rglob("*.py"))]


def mentioning(pattern: str, *folders: str) -> set[str]:
    return {
        path.relative_to(ROOT).as_posix() for path in sources(*folders) if re.search(pattern, path.read_text("utf-8"))
    }


def state_files() -> Iterator[str]:
    """Names that modules of the resolver give to files, as constants of their own."""
    for path in sources("resolver/edge", "blocklist/trust"):
        for node in ast.parse(path.read_text("utf-8")).body:
            value = getattr(node, "value", None)
            if isinstance(node, ast.Assign | ast.AnnAssign) and isinstance(value, ast.Constant):
                yield from (text for text in [str(value.value)] if STATE_FILE.fullmatch(text))


@pytest.mark.parametrize("page", ["data-flow-annex.md", "data-flow-annex.ja.md"])
def test_the_annex_names_every_file_of_the_state_folder(page: str) -> None:
    """A file that somebody adds to the code is missing here until the page tells what it holds."""
    named = set(re.findall(r"`([\w./<>*-]+)`", (ASSURANCE / page).read_text("utf-8").replace("lists/<id>/", "")))
    found = set(state_files()) - NOT_OF_THE_STATE_FOLDER
    assert {"audit.jsonl", "release.json", "host.key"} <= found
    assert sorted(found - named) == []


@pytest.mark.parametrize("page", ["counted.md", "counted.ja.md"])
def test_every_series_is_among_what_is_counted(page: str) -> None:
    """And none is named that does not exist."""
    families = text_string_to_metric_families(Exposition(snapshot).render().decode())
    named = re.findall(r"`(mamori_\w+)`", (ASSURANCE / page).read_text("utf-8"))
    assert sorted(named) == sorted(shown_name(family) for family in families)


def settings_names(schema: object) -> Iterator[str]:
    """All names of settings, at any depth."""
    if isinstance(schema, dict):
        yield from schema.get("properties", {})
        schema = list(schema.values())
    if isinstance(schema, list):
        for each in schema:
            yield from settings_names(each)


def commands(verb: click.Command, name: str = "mamori") -> Iterator[str]:
    """All verbs with all of their options."""
    yield name
    for parameter in verb.params:
        yield from (f"{name} {option}" for option in parameter.opts)
    if isinstance(verb, click.Group):
        for below, command in verb.commands.items():
            yield from commands(command, f"{name} {below}")


def test_no_setting_option_or_variable_is_about_recording() -> None:
    """No name of a setting, verb or option speaks of it, and only known places read the environment."""
    settings = set(settings_names(json.loads((ROOT / "config" / "schema.json").read_text("utf-8"))))
    assert {"upstreams", "release", "prefetch"} <= settings
    assert [name for name in sorted(settings) if RECORDING.search(name)] == []
    assert [words for words in commands(main) if RECORDING.search(words)] == []
    assert mentioning(r"os\.environ|getenv|envvar=", "resolver", "blocklist/trust") == READ_THE_ENVIRONMENT


def test_files_grow_for_decisions_and_sums_only() -> None:
    """All other files are written whole: nothing else here could be a log."""
    appending = mentioning(r"""O_APPEND|open\([^)]*["']a[bt+]?["']""", "resolver", "blocklist/trust")
    assert appending <= APPEND_TO_A_FILE
    assert mentioning(r"FileHandler|SysLogHandler|import syslog|basicConfig", "resolver", "blocklist") == set()


def test_nothing_here_can_capture_packets_or_read_another_process() -> None:
    """Neither a raw socket nor a library for it, and the unit does not allow one."""
    assert mentioning(RAW_ACCESS.pattern, "resolver", "blocklist") == set()
    unit = (ROOT / "deploy" / "systemd" / "mamori.service").read_text("utf-8")
    assert "RestrictAddressFamilies=AF_UNIX AF_INET AF_INET6\n" in unit


def test_the_notice_is_plain_http_and_no_certificate_is_ever_made() -> None:
    """The process that serves it knows no TLS, and nothing of ours can issue a certificate for any name."""
    assert mentioning(r"import ssl|OpenSSL|startTLS|listenSSL|tls\b", "resolver/edge/notice") == set()
    assert mentioning("CertificateBuilder|CertificateSigningRequest", "resolver", "blocklist") == set()
