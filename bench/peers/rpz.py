"""The list as unbound and pdns-recursor take it: a response policy zone."""

from __future__ import annotations

from pathlib import Path

from bench.questions import listed_name
from tests.support.daemon import NOTICE_V4

TTL = 30  # seconds, as Mamori's policy answers


def write_zone(path: Path, listed: int) -> Path:
    """Write the zone with so many listed names."""
    with path.open("w") as file:
        file.write(f"$TTL {TTL}\n@ SOA ns.rpz.test. hm.rpz.test. 1 3600 600 86400 {TTL}\n@ NS ns.rpz.test.\n")
        file.writelines(f"{listed_name(number)} A {NOTICE_V4}\n" for number in range(listed))
    return path
