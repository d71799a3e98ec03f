"""One target under atheris, whose libFuzzer looks for bytes that reach new code: run by `python -m tests.fuzz`.

A process of its own, since libFuzzer leaves it by its own way, and the code under test is changed to count branches.
Arguments: the target's name, then libFuzzer's.
"""

from __future__ import annotations

import sys
from random import Random

import atheris

with atheris.instrument_imports(include=["blocklist", "json"]):
    from tests.fuzz.targets import TARGETS, check

from tests.fuzz.mutation import mutated


def main() -> None:
    program, name, *options = sys.argv
    target = TARGETS[name]
    with atheris.instrument_imports(include=["resolver.core"]):
        target.seeds()  # loads what the target needs
    atheris.Setup([program, *options], lambda data: check(target, data), custom_mutator=change)
    atheris.Fuzz()


def change(data: bytes, most: int, seed: int) -> bytes:
    """Change bytes as libFuzzer does, or keep JSON what it is."""
    random = Random(seed)
    made = mutated(data, random) if random.random() < 0.5 else atheris.Mutate(data, len(data) + 64)
    return bytes(made[:most])


if __name__ == "__main__":
    main()
