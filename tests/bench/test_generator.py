"""What the generator is told, and how its line is read."""

from __future__ import annotations

import json
from pathlib import Path

from bench.generator import Load, Target, command, parse

LINE = {
    "qps": 2000.0, "seconds": 0.5, "answered": 1000, "sent": 1010, "lost": 3, "unsent": 2, "wrong_question": 1,
    "wrong_rcode": 4, "wrong_answer": 2, "strange": 0, "cpu_ns": 480.0, "cpu_share": 0.96, "own_cpu_ns": 300.0,
    "own_share": 0.6, "busy": 0.98, "others": 0.1, "next_unique": 7,
    "p50_us": 10.0, "p99_us": 20.0, "p999_us": 30.0, "most_us": 40.0,
}  # fmt: skip
PROGRAM, SET = Path("/tools/generator"), Path("/sets/cached")


def test_its_line_is_read() -> None:
    """What found no room counts as lost; wrong is wrong, whatever was."""
    told = parse(json.dumps(LINE))
    assert (told.qps, told.lost, told.wrong, told.cpu_ns, told.p99_us) == (2000.0, 5, 7, 480.0, 20.0)


def test_it_has_a_core_of_its_own() -> None:
    """The second one; the server's is the first, whose idle time it reads."""
    words = command(PROGRAM, Target("unbound", "::1", 5300, 12), Load(SET, clients=10))
    assert words[:4] == ["taskset", "-c", "1", str(PROGRAM)]
    told = dict(zip(words[4::2], words[5::2], strict=False))
    assert (told["-a"], told["-p"], told["-P"], told["-C"], told["-c"]) == ("::1", "5300", "12", "0", "10")
    assert "-E" not in words


def test_only_the_echo_is_forgiven_its_answers() -> None:
    """And what is asked once has no settling time that would not be counted."""
    assert command(PROGRAM, Target("echo", "127.0.0.1", 1, 1, is_echo=True), Load(SET))[-1] == "-E"
    assert command(PROGRAM, Target("a", "127.0.0.1", 1, 1), Load(SET, once=5))[-2:] == ["-s", "0"]
