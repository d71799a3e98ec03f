"""`make drill`: the list body's tutorial typed as it stands, with two real ISPs, and measured.

The last line is one JSON object of the figures. Any other exit code than 0 says that something was not as promised.
"""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
from pathlib import Path

from drill import book
from drill.chapters import Drill
from drill.stage import DrillFault, Stage


def main() -> int:
    arguments = _arguments()
    blocks = book.read(book.TUTORIAL.read_text("utf-8"))
    with tempfile.TemporaryDirectory() as spare:
        stage = Stage(arguments.folder or Path(spare), blocks, _say)
        try:
            figures = Drill(stage, arguments.entries).run(arguments.repeats)
        except (DrillFault, AssertionError) as fault:
            _say(f"the drill failed: {fault}")
            return 1
        finally:
            stage.close()
    print(json.dumps(figures))
    return 0


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="drill", description=__doc__)
    parser.add_argument("--entries", type=int, default=25_000, help="entries of the base list (default 25,000)")
    parser.add_argument("--repeats", type=int, default=20, help="single withdrawals (default 20)")
    parser.add_argument("--folder", type=Path, help="an empty folder to use and to leave behind (default: neither)")
    return parser.parse_args()


def _say(line: str) -> None:
    print(line, file=sys.stderr, flush=True)


sys.exit(main())
