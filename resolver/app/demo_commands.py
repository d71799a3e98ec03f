"""What the demo prints below READY: commands that work as printed, typed into another terminal."""

import shlex
import shutil
import sys
from pathlib import Path

from resolver.app.demo_places import V4, Places

# name, type, what it shows; further rows are in docs/demo.md
LISTED = (
    ("blk.example", "A", "listed: the address of the notice page, 30 s"),
    ("blk.example", "HTTPS", "no way round by another type: no data"),
    ("www.blk.example", "AAAA", "a domain is listed with all below it"),
)
# these need the demo's own upstream, which knows the names
FORWARDED = (
    ("alias8.example", "A", "eight aliases away from a listed name"),
    ("ex.blk.example", "A", "locally exempt: the real answer"),
    ("notblk.example", "A", "not listed: the real answer"),
    ("big.example", "TXT", "too large for UDP: asked again over TCP"),
)


def commands(places: Places, settings: Path) -> list[tuple[str, str]]:
    """Pairs of a command and what it shows."""
    config = f"--config {shlex.quote(str(settings))}"
    mamori = _mamori()
    questions = LISTED if places.upstream else LISTED + FORWARDED
    return [
        *((_ask(places, mamori, name, kind), shows) for name, kind, shows in questions),
        *_pages(places),
        (f"{mamori} status {config}", "what is enforced, since when"),
        (
            f"echo www.blk.example | {mamori} exempt add {config} --reason demo --ticket T-1 --days 1",
            "unblock a name at this ISP, at once",
        ),
        (f"{mamori} exempt list {config}", "ids, reasons and ends; never names"),
    ]


def as_text(pairs: list[tuple[str, str]]) -> str:
    """Lay the commands out, each below its comment."""
    return "\n".join(f"  # {shows}\n  {command}" for command, shows in pairs)


def _ask(places: Places, mamori: str, name: str, kind: str) -> str:
    if shutil.which("dig"):
        return f"dig @{V4} -p {places.dns} {name} {kind}"
    return f"echo {name} {kind} | {mamori} ask --server {V4}:{places.dns}"


def _pages(places: Places) -> list[tuple[str, str]]:
    if not shutil.which("curl"):
        return []
    return [
        (f"curl -i -H 'Accept: text/html' http://{V4}:{places.notice}/", "the notice page; a browser shows it better"),
        (f"curl -s http://{V4}:{places.metrics}/metrics", "counters; block totals stay at 0 until released"),
    ]


def _mamori() -> str:
    """The command as this reader can type it."""
    beside = Path(sys.executable).with_name("mamori")
    found = shutil.which("mamori")
    return "mamori" if found and Path(found).samefile(beside) else shlex.quote(str(beside))
