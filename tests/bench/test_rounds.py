"""Servers take turns; what is wrong ends the run. The generator is a script here that says what it was told to say."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from bench.generator import Load, LoadFault, Target
from bench.questions import Form, kept, write
from bench.rounds import WARM_PASSES, Rounds
from tests.bench.test_generator import LINE
from tests.support.tools import require


class FakePeer:
    def __init__(self, name: str, port: int) -> None:
        self.name, self.port = name, port

    def target(self, family: int = 4) -> Target:
        return Target(self.name, "127.0.0.1", self.port, 0, is_echo=self.name == "echo")

    def stop(self) -> None:
        """Nothing runs."""


class Script:
    """A generator that always says the same, and notes how it was called."""

    def __init__(self, folder: Path, **said: int) -> None:
        require("taskset")
        line = LINE | {"lost": 0, "unsent": 0, "wrong_question": 0, "wrong_rcode": 0, "wrong_answer": 0} | said
        self._calls, self.path = folder / "calls", folder / "generator"
        self.path.write_text(f"#!/bin/sh\necho \"$@\" >>{self._calls}\necho '{json.dumps(line)}'\n")
        self.path.chmod(0o755)

    @property
    def calls(self) -> list[dict[str, str]]:
        words = [line.split() for line in self._calls.read_text().splitlines()]
        return [dict(zip(each[::2], each[1::2], strict=False)) for each in words]


@pytest.fixture
def load(tmp_path: Path) -> Load:
    return Load(write(tmp_path / "set", map(kept, range(30)), Form()))


def test_servers_take_turns(tmp_path: Path, load: Load) -> None:
    """Each cache is filled once, with every question and no more; the echo has none. Then all, round by round."""
    script = Script(tmp_path)
    rounds = Rounds(script.path)
    told = rounds.interleaved([FakePeer("echo", 1), FakePeer("a", 2), FakePeer("b", 3)], load, 2)
    assert [call["-p"] for call in script.calls] == ["2", "3", "1", "2", "3", "1", "2", "3"]
    assert [call["-n"] for call in script.calls] == ["30", "30", *["0"] * 6]
    assert {name: len(each) for name, each in told.items()} == {"echo": 2, "a": 2, "b": 2}
    rounds.warm(FakePeer("a", 2), load, 6)
    assert len(script.calls) == 8  # over the other family nothing is new


def test_names_that_count_are_never_asked_of_a_server_twice(tmp_path: Path, load: Load) -> None:
    """The counter goes on where the server's last measurement ended."""
    script = Script(tmp_path, next_unique=70)
    rounds = Rounds(script.path)
    rounds.interleaved([FakePeer("a", 2)], load, 2)
    assert [call["-u"] for call in script.calls] == ["0", "70", "70"]


@pytest.mark.parametrize(
    ("said", "match"),
    [({"wrong_rcode": 1}, "1 wrong answers"), ({"lost": 1}, "still loses"), ({"sent": 29}, "still loses")],
)
def test_a_cache_that_does_not_fill_ends_the_run(tmp_path: Path, load: Load, said: dict[str, int], match: str) -> None:
    """By a wrong answer at once; by lost ones, or too few, after some passes."""
    script = Script(tmp_path, **said)
    with pytest.raises(LoadFault, match=match):
        Rounds(script.path).warm(FakePeer("a", 2), load)
    assert len(script.calls) == (1 if "wrong_rcode" in said else WARM_PASSES)


@pytest.mark.parametrize("said", [{"wrong_question": 1}, {"wrong_answer": 2}, {"answered": 0}], ids=str)
def test_a_measurement_with_a_wrong_answer_is_none(tmp_path: Path, load: Load, said: dict[str, int]) -> None:
    """Nor is one without a right one."""
    with pytest.raises(LoadFault, match=r"a: .* right answers"):
        Rounds(Script(tmp_path, **said).path).measure(FakePeer("a", 2), load)


def test_a_generator_that_fails_is_told(tmp_path: Path, load: Load) -> None:
    """With what it said."""
    program = tmp_path / "generator"
    program.write_text("#!/bin/sh\necho 'no memory' >&2\nexit 1\n")
    program.chmod(0o755)
    with pytest.raises(LoadFault, match="no memory"):
        Rounds(program).measure(FakePeer("a", 2), load)
