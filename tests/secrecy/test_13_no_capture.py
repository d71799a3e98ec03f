"""Statement 13: no debug capture is shipped; whoever wants to look at packets needs another program.

And of statement 1: there is no option, in settings, commands or environment, that would write down what is asked.
"""

from __future__ import annotations

import ast
import re
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import attrs
import click
import pytest

from resolver.cli.entry import main
from resolver.settings.model import Settings
from resolver.settings.schema import schema
from tests.support.verbs import verbs_of

ROOT = Path(__file__).parents[2]
PACKAGES = ("resolver", "blocklist")
# Modules that capture, trace, debug or log to elsewhere.
CAPTURING = {
    *("pdb", "bdb", "faulthandler", "trace", "tracemalloc", "cProfile", "profile", "syslog", "code", "codeop"),
    *("rlcompleter", "logging.handlers", "dnstap", "fstrm", "scapy", "pcap", "pcapy", "dpkt", "pyshark", "framestream"),
    *("sentry_sdk", "opentelemetry", "structlog", "loguru", "debugpy", "manhole", "twisted.conch", "twisted.manhole"),
    *("aiomonitor", "py_spy", "objgraph", "pympler", "rook", "newrelic", "ddtrace", "elasticapm"),
}
CALLS = {
    "breakpoint",
    "set_trace",
    "settrace",
    "setprofile",
    "print_exc",
    "format_exc",
    "print_stack",
    "print_exception",
}
CALLS |= {"openlog", "startLogging", "startLoggingWithObserver", "FileLogObserver", "addObserver", "dump_traceback"}
PACKET_SOCKETS = {"AF_PACKET", "SOCK_RAW", "ETH_P_ALL"}
KEYLOG = {"keylog_filename", "set_keylog_callback", "SSLKEYLOGFILE"}
RECORDING = re.compile(r"(query|querie|dns|packet|client|access|request).?(log|trace|dump|capture|record)|dnstap|pcap")
VERBOSE = re.compile(r"log.?level|verbos|debug|trace|dump|capture|querylog|dnstap|pcap")
# What the product reads from the environment, and nothing of it changes what is written down.
NO_VARIABLES = {"PATH", "LANG", "KILL", "NAME", "CODE", "FILE"}  # what children are given, and other words in capitals
ENVIRONMENT = {
    *("DNS_PORT", "NOTICE_PORT", "METRICS_PORT", "UPSTREAM"),  # the demo's
    *("MAMORI_CONFIG", "MAMORI_HANDOVER", "NOTIFY_SOCKET", "WATCHDOG_USEC", "WATCHDOG_PID"),
}


def _sources() -> list[Path]:
    return [path for package in PACKAGES for path in sorted((ROOT / package).rglob("*.py"))]


def _faults(path: Path, source: str) -> Iterator[str]:
    """What in a source file would capture, debug or trace."""
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Import):
            modules = [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            modules = [node.module or "", *(f"{node.module}.{alias.name}" for alias in node.names)]
        else:
            modules = []
        for module in modules:
            if any(module == each or module.startswith(f"{each}.") for each in CAPTURING):
                yield f"{path}: imports {module}"
        name = getattr(node, "attr", getattr(node, "id", None))
        if name in CALLS | PACKET_SOCKETS | KEYLOG:
            yield f"{path}: uses {name}"


def test_no_source_captures_or_traces() -> None:
    """No module of the product imports or calls what captures, traces, debugs or logs to elsewhere."""
    assert [fault for path in _sources() for fault in _faults(path, path.read_text())] == []


@pytest.mark.parametrize(
    "source",
    [
        "import pdb",
        "from twisted.conch import manhole",
        "def f():\n    breakpoint()",
        "import socket\nsocket.socket(socket.AF_PACKET)",
        "import traceback\ntraceback.print_exc()",
        "from logging.handlers import SysLogHandler",
        "context.set_keylog_callback(print)",
        "import sys\nsys.settrace(print)",
    ],
)
def test_the_check_finds_them(source: str) -> None:
    """Positive control: each kind of capture, in a file of its own, is found."""
    assert list(_faults(Path("planted.py"), source))


def test_no_dependency_captures() -> None:
    """None of the libraries that are installed with the product is one that captures."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    wanted = [
        *project["dependencies"],
        *(each for group in project["optional-dependencies"].values() for each in group),
    ]
    names = {re.split(r"[^A-Za-z0-9_.-]", each)[0].lower().replace("-", "_") for each in wanted}
    assert names & {each.lower().replace(".", "_") for each in CAPTURING} == set()
    assert "twisted" in names, "the names were read wrongly"


def test_no_setting_writes_down_what_is_asked() -> None:
    """Every setting there is, by its full name: none is for a log, a level of it, or a capture."""
    names = set(_settings_of(schema()))
    top = {field.name.removesuffix("_") for field in attrs.fields(Settings)}
    assert top <= names, "the schema was read wrongly"
    assert sorted(name for name in names if RECORDING.search(name) or VERBOSE.search(name)) == []


def test_no_command_writes_down_what_is_asked() -> None:
    """Every option and verb of `mamori`: none turns on a log, and none takes a name as an argument."""
    words = list(_words(main, ()))
    assert ("status", "--json") in [(verb[-1], word) for verb, word in words if verb]
    assert [each for each in words if RECORDING.search(each[1]) or VERBOSE.search(each[1])] == []
    arguments = {word for _, word in words if not word.startswith("-")}
    assert not arguments & {"name", "domain", "host", "qname", "client", "address"}, arguments


def test_no_environment_writes_down_what_is_asked() -> None:
    """Every word in capitals that the ISP's side names beside an environment is known, and none is for a log."""
    read = set()
    for path in _sources():
        text = path.read_text()
        if path.is_relative_to(ROOT / "resolver") and re.search(r"environ|envvar|getenv", text):
            read |= set(re.findall(r"[\"']([A-Z][A-Z0-9_]{3,})[\"']", text))
    assert sorted(read - ENVIRONMENT - NO_VARIABLES) == []
    assert {name for name in read if VERBOSE.search(name.lower()) or RECORDING.search(name.lower())} == set()


def _settings_of(node: Any) -> Iterator[str]:
    if isinstance(node, dict):
        yield from node.get("properties", {})
        for each in node.values():
            yield from _settings_of(each)
    elif isinstance(node, list):
        for each in node:
            yield from _settings_of(each)


def _words(command: click.Command, verb: tuple[str, ...]) -> Iterator[tuple[tuple[str, ...], str]]:
    """Every option and argument, with the verb it belongs to."""
    for parameter in command.params:
        for word in (*parameter.opts, *parameter.secondary_opts):
            yield verb, word
    if isinstance(command, click.Group):
        for name, each in verbs_of(command).items():
            yield (*verb, name), f"--{name}"  # a verb is no better than an option
            yield from _words(each, (*verb, name))
