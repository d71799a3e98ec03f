"""`python -m tests.hostile`: a million broken messages against the real daemon; the last line is its figures."""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
import time
from pathlib import Path

from tests.hostile.stage import Attack, attacked


def main() -> None:
    parser = argparse.ArgumentParser(prog="tests.hostile", description=__doc__)
    parser.add_argument("--seed", type=int, default=int(time.time()), help="the same seed, the same messages")
    parser.add_argument("--share", type=float, default=1.0, help="part of the full numbers (default 1)")
    arguments = parser.parse_args()
    print(f"seed {arguments.seed}", flush=True)
    with tempfile.TemporaryDirectory() as folder, attacked(Path(folder)) as daemon:
        attack = Attack(daemon, arguments.seed, arguments.share, lambda text: print(text, flush=True))
        figures = attack.run()
    print(json.dumps(figures))
    sys.exit(1 if figures["broken"] else 0)


if __name__ == "__main__":
    main()
