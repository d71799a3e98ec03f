"""The installed code proves itself in a real child process."""

from __future__ import annotations

import sys

import pytest

from resolver.edge.supervision.change_limits import ChangeLimits
from resolver.edge.supervision.proof import ChildProof, Proof, ProofFault
from tests.support.reactor import outcome

GOOD = '{"version": "2.0", "takes": [1, 2], "state": "/s", "workers": 3}'


def tried(source: str, seconds: float = 60.0, program: str = sys.executable) -> Proof:
    proof = outcome(
        lambda reactor: ChildProof(reactor, [program, "-I", "-c", source], ChangeLimits(proof_seconds=seconds))()
    )
    assert isinstance(proof, Proof)
    return proof


def test_what_it_says_is_the_proof() -> None:
    """One JSON line on standard output."""
    assert tried(f"print('{GOOD}')") == Proof("2.0", (1, 2), "/s", 3)


@pytest.mark.parametrize(
    ("source", "why"),
    [
        ("import sys; sys.stderr.write('listen: bad\\n'); sys.exit(1)", "^listen: bad$"),
        ("import no_such_module", "No module named 'no_such_module'"),
        ("import sys; sys.exit(1)", "ended without a word"),
        ("print('{}')", "gave no proof"),
        ("print('hello')", "gave no proof"),
    ],
)
def test_what_is_wrong_is_told_in_its_own_words(source: str, why: str) -> None:
    """Settings that are refused, code that cannot be loaded, an answer of something else."""
    with pytest.raises(ProofFault, match=why):
        tried(source)


def test_one_that_hangs_is_ended() -> None:
    """The time is named."""
    with pytest.raises(ProofFault, match=r"within 0\.2 s"):
        tried("import time; time.sleep(600)", seconds=0.2)


def test_a_program_that_is_gone() -> None:
    """The environment was taken away: the exit code of the fork tells."""
    with pytest.raises(ProofFault):
        tried("", program="/no/such/python")
