"""`python -m tests.fuzz [NAME …] --seconds N`: fuzz targets in child processes, all of them if none is named.

What breaks one is left in the folder `--keep` (default `.fuzz`) and said; put it, made small, into `tests/fuzz/corpus`.
"""

from __future__ import annotations

import argparse
import subprocess
import sys
import tempfile
from pathlib import Path

from tests.fuzz.targets import TARGETS, seeds

ROOT = Path(__file__).parents[2]
GRACE_SECONDS = 60  # beyond its time until a child counts as stuck: imports and the seeds come first
LONGEST_BYTES = 70_000 * 4  # an index has a directory of 256 KiB


def main() -> None:
    parser = argparse.ArgumentParser(prog="tests.fuzz", description=__doc__)
    parser.add_argument("names", nargs="*", choices=[*TARGETS, []], help="targets (default: all)")
    parser.add_argument("--seconds", type=int, default=60, help="time for each target (default 60 s)")
    parser.add_argument("--keep", type=Path, default=ROOT / ".fuzz", help="where breaking inputs go")
    arguments = parser.parse_args()
    broken = [name for name in arguments.names or TARGETS if not fuzz(name, arguments.seconds, arguments.keep)]
    sys.exit(f"broken: {', '.join(broken)}; the inputs are in {arguments.keep}" if broken else 0)


def fuzz(name: str, seconds: int, keep: Path) -> bool:
    """Fuzz one target for so long; True if it held. Its output goes on to ours."""
    keep.mkdir(exist_ok=True)
    with tempfile.TemporaryDirectory() as corpus:
        for number, seed in enumerate(seeds(name)):
            (Path(corpus) / f"seed-{number}").write_bytes(seed)
        options = [f"-max_total_time={seconds}", f"-max_len={LONGEST_BYTES}", f"-artifact_prefix={keep}/{name}-"]
        command = [sys.executable, "-m", "tests.fuzz.guided", name, *options, "-rss_limit_mb=1024", "-timeout=10"]
        return (
            subprocess.run([*command, corpus], cwd=ROOT, timeout=seconds + GRACE_SECONDS, check=False).returncode == 0
        )


if __name__ == "__main__":
    main()
