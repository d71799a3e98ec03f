"""The featured row: kept names with the rate limit on, asked with DNS cookies. Peers do of that what they can.

Beside the echo stands one whose answers are as long as the resolver's: what more bytes alone cost.
"""

from __future__ import annotations

from bench.generator import Load
from bench.questions import Form
from bench.stage import FEATURED, LONG_ECHO, Stage
from bench.throughput import Cell, cell
from bench.workloads import written

# pdns-recursor 4.8 limits no client; of the others only Mamori answers cookies (unbound from 1.18 on).
SERVERS = ("echo", LONG_ECHO, f"mamori{FEATURED}", f"dnsdist{FEATURED}", f"unbound{FEATURED}")


def features(stage: Stage, rounds: int, seconds: float) -> Cell:
    """By server."""
    load = Load(written(stage.folder, "cached", Form(cookie=True)), seconds)
    return cell(stage.rounds.interleaved(stage.peers(*SERVERS), load, rounds))
