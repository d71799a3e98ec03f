"""Readers of the list formats hold under whatever is fed to them."""

from __future__ import annotations

import os
from pathlib import Path
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from blocklist.errors import PublisherFault
from tests.fuzz import programs
from tests.fuzz.__main__ import everything, fuzz
from tests.fuzz.mutation import mutated
from tests.fuzz.programs import NAMES
from tests.fuzz.targets import CORPUS, TARGETS, Target, check, seeds

SECONDS = int(os.environ.get("FUZZ_SECONDS", "10"))  # of guided fuzzing, for each target
MOST_CORPUS_BYTES = 64 * 1024
READERS = [name for name in TARGETS if name != "twins"]  # whole sessions have a state machine of their own


@pytest.mark.parametrize("name", TARGETS)
def test_what_was_kept_holds(name: str) -> None:
    """The vectors and every input that ever broke a reader; the first vector is even accepted."""
    for seed in seeds(name):
        check(TARGETS[name], seed)
    TARGETS[name].run(TARGETS[name].seeds()[0])


@pytest.mark.parametrize("name", READERS)
@given(random=st.randoms(use_true_random=False), changes=st.integers(1, 4), data=st.data())
def test_changed_inputs_hold(name: str, random: Random, changes: int, data: st.DataObject) -> None:
    """Vectors with one to four changes of fields or bytes."""
    changed = data.draw(st.sampled_from(list(seeds(name))))
    for _ in range(changes):
        changed = mutated(changed, random)
    check(TARGETS[name], changed)


@pytest.mark.parametrize("name", READERS)
@given(data=st.binary(max_size=300))
def test_arbitrary_bytes_hold(name: str, data: bytes) -> None:
    """Bytes that look like nothing."""
    check(TARGETS[name], data)


@pytest.mark.parametrize("name", TARGETS)
def test_guided_fuzzing_finds_nothing(name: str, tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    """libFuzzer, led by the branches it reaches, for a while; `make fuzz` goes on for longer."""
    figures = fuzz(name, SECONDS, tmp_path)
    assert figures is not None, capfd.readouterr().err[-4000:]
    assert figures.executions > 0


def test_without_a_compiler_the_targets_in_c_are_left_out(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """And said at once, not after the others have had their time."""
    monkeypatch.setattr(programs, "compiler", lambda: "no-such-compiler")
    assert everything() == list(TARGETS)
    assert "no no-such-compiler here" in capsys.readouterr().err


def test_a_break_is_a_break() -> None:
    """Only declared errors are taken for an answer."""

    def broken(_: bytes) -> None:
        raise ZeroDivisionError

    def refusing(_: bytes) -> None:
        raise PublisherFault("what", "why")

    check(Target(refusing, list), b"")
    with pytest.raises(ZeroDivisionError):
        check(Target(broken, list), b"")


def test_the_corpus_is_small_and_has_a_target() -> None:
    """Every folder of the corpus belongs to a target, and no file in it is large."""
    for path in CORPUS.rglob("*"):
        if path.is_file():
            assert path.parent.name in {*TARGETS, *NAMES}
            assert path.stat().st_size <= MOST_CORPUS_BYTES
