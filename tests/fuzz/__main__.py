"""`python -m tests.fuzz [NAME …] --seconds N`: fuzz targets in child processes, all of them if none is named.

What breaks one is left in the folder `--keep` (default `.fuzz`) and said; put it, made small, into `tests/fuzz/corpus`.
`--input FILE` runs one target on that alone. The last line has the executions and branches of each target.
"""

from __future__ import annotations

import argparse
import json
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

from tests.fuzz import programs
from tests.fuzz.programs import Figures
from tests.fuzz.targets import TARGETS, check, seeds

ROOT = Path(__file__).parents[2]
GRACE_SECONDS = 60  # beyond its time until a child counts as stuck: imports and the seeds come first
INPUT_SECONDS = 45  # that one input may take: a busy machine may stand still for some of them
LONGEST_BYTES = 70_000 * 4  # an index has a directory of 256 KiB


def main() -> None:
    names = [*TARGETS, *programs.NAMES]
    parser = argparse.ArgumentParser(prog="tests.fuzz", description=__doc__)
    parser.add_argument("names", nargs="*", choices=[*names, []], help="targets (default: all)")
    parser.add_argument("--seconds", type=int, default=60, help="time for each target (default 60 s)")
    parser.add_argument("--keep", type=Path, default=ROOT / ".fuzz", help="where breaking inputs go")
    parser.add_argument("--input", type=Path, help="run the one target named on this file")
    arguments = parser.parse_args()
    if arguments.input:
        (name,) = arguments.names
        sys.exit(run_one(name, arguments.input))
    results = {name: fuzz(name, arguments.seconds, arguments.keep) for name in arguments.names or everything()}
    broken = [name for name, figures in results.items() if figures is None]
    print(json.dumps({name: figures and [figures.executions, figures.branches] for name, figures in results.items()}))
    sys.exit(f"broken: {', '.join(broken)}; the inputs are in {arguments.keep}" if broken else 0)


def everything() -> list[str]:
    """All targets; those in C only where there is what builds them, before the others have run for an hour."""
    if shutil.which(programs.compiler()):
        return [*TARGETS, *programs.NAMES]
    print(f"no {programs.compiler()} here (deploy/peers.sh): the targets in C are left out", file=sys.stderr)
    return list(TARGETS)


def run_one(name: str, path: Path) -> int:
    """Run a target on one file; what breaks is shown. The exit code."""
    if name in programs.NAMES:
        return subprocess.run((programs.built(name), path), check=False).returncode
    check(TARGETS[name], path.read_bytes())
    return 0


def fuzz(name: str, seconds: int, keep: Path) -> Figures | None:
    """Fuzz one target for so long; its figures, or None if it broke. Its output goes on to ours at its end."""
    keep.mkdir(exist_ok=True)
    is_native = name in programs.NAMES
    command = [str(programs.built(name))] if is_native else [sys.executable, "-m", "tests.fuzz.guided", name]
    limits = (
        [f"-max_len={programs.LONGEST_BYTES}"] if is_native else [f"-max_len={LONGEST_BYTES}", "-rss_limit_mb=1024"]
    )
    options = [f"-max_total_time={seconds}", f"-artifact_prefix={keep}/{name}-", f"-timeout={INPUT_SECONDS}", *limits]
    with tempfile.TemporaryDirectory() as corpus, tempfile.TemporaryFile("w+", errors="replace") as said:
        for number, seed in enumerate(programs.seeds(name) if is_native else seeds(name)):
            (Path(corpus) / f"seed-{number}").write_bytes(seed)
        try:
            wait = seconds + GRACE_SECONDS
            run = subprocess.run([*command, *options, corpus], cwd=ROOT, stderr=said, timeout=wait, check=False)
        finally:
            said.seek(0)
            output = said.read()
            sys.stderr.write(output)
        return None if run.returncode else Figures.of(output)


if __name__ == "__main__":
    main()
