"""What the statements for people say of files and series, against the code."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from prometheus_client.parser import text_string_to_metric_families

from resolver.edge.supervision.metrics import Exposition
from tests.docs.test_links import ROOT
from tests.docs.test_metrics_table import shown_name
from tests.resolver.edge.snapshots import snapshot

ASSURANCE = ROOT / "docs" / "assurance"
STATE_FILE = re.compile(r"[\w.-]+\.(json|jsonl|sealed|key|sock|reserve)")
NOT_OF_THE_STATE_FOLDER = {"index.json"}  # of the list body's Web server
OPEN_WITHOUT_CUTTING = {
    "blocklist/trust/local/audit.py",  # decisions
    "blocklist/trust/local/exemptions.py",  # a lock, empty
    "blocklist/trust/storage/reserve.py",  # zeros
    "resolver/edge/supervision/ledger_file.py",  # sums of days
    "resolver/edge/supervision/state_folder.py",  # a lock, empty
}


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


def test_files_grow_for_decisions_and_sums_only() -> None:
    """Whatever else is written is written whole, so nothing else could be a log; nor is there a handler for one."""
    growing = r"""O_APPEND|O_RDWR|open\([^)]*["'](a|r\+)[bt]?\+?["']"""
    assert mentioning(growing, "resolver", "blocklist/trust") == OPEN_WITHOUT_CUTTING
    assert mentioning(r"FileHandler|SysLogHandler|import syslog|basicConfig", "resolver", "blocklist") == set()


def test_the_notice_is_plain_http_and_no_certificate_is_ever_made() -> None:
    """The process that serves it knows no TLS, and nothing of ours can issue a certificate for any name."""
    assert mentioning(r"import ssl|OpenSSL|startTLS|listenSSL|tls\b", "resolver/edge/notice") == set()
    assert mentioning("CertificateBuilder|CertificateSigningRequest", "resolver", "blocklist") == set()
