"""This product's TUF client behind the command line that the `tuf-conformance` suite drives (its CLIENT-CLI.md).

`python -m blocklist.trust.conformance --metadata-dir DIR --metadata-url URL VERB`, with VERB `init TRUSTED_ROOT`,
`refresh`, or `download` with `--target-name`, `--target-base-url` and `--target-dir`. Exit 0: done, 1: refused.

Repository, transport and fetcher are the ones a subscriber runs. Only here our own rules beyond TUF are off: a
timestamp may have any life, delegations may go deeper, and there is no clock floor. URLs must be https, or http to a
loopback address (not to the name `localhost`).
"""

from __future__ import annotations

import argparse
import hashlib
import shutil
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Final
from urllib.parse import quote

from blocklist.disk import replace_file
from blocklist.trust.clock import SystemClock
from blocklist.trust.limits import FetchLimits, SizeLimits
from blocklist.trust.transfer.repository import Repository, Visit
from blocklist.trust.transfer.transport import HttpTransport

PINNED: Final = "pinned"  # the trusted root; not *.json, which is where the suite looks for roles
SIZES: Final = SizeLimits(delegations=32)


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one verb; return the exit code."""
    asked = _parser().parse_args(arguments)
    verbs: dict[str, Callable[[argparse.Namespace], object]] = {"init": init, "refresh": refresh, "download": download}
    try:
        verbs[asked.verb](asked)
    except Exception as error:  # noqa: BLE001  # whatever it is, the answer to the suite is 1
        sys.stderr.write(f"{type(error).__name__}: {error}\n")
        return 1
    return 0


def init(asked: argparse.Namespace) -> None:
    """Pin a root, unlooked at, and ask nothing of the repository."""
    folder = Path(asked.metadata_dir)
    folder.mkdir(parents=True, exist_ok=True)
    for name in (PINNED, "root.json"):
        shutil.copyfile(asked.trusted_root, folder / name)


def refresh(asked: argparse.Namespace) -> Visit:
    """Renew the top-level roles."""
    folder = Path(asked.metadata_dir)
    transport = HttpTransport(FetchLimits())
    repository = Repository(folder, (folder / PINNED).read_bytes(), transport, SystemClock(), SIZES)
    return repository.plain_visit(asked.metadata_url, asked.target_base_url or "")


def download(asked: argparse.Namespace) -> None:
    """Renew the roles, then fetch a target unless the very same is there already."""
    visit = refresh(asked)
    kept = Path(asked.target_dir) / quote(asked.target_name, safe="")
    if kept.is_file() and hashlib.sha256(kept.read_bytes()).hexdigest() == visit.digest(asked.target_name):
        return
    replace_file(kept, visit.target(asked.target_name, SIZES.full_bytes))


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="blocklist.trust.conformance", description=(__doc__ or "").split("\n")[0])
    for option in ("--metadata-dir", "--metadata-url", "--target-name", "--target-base-url", "--target-dir"):
        parser.add_argument(option)
    verbs = parser.add_subparsers(dest="verb", required=True)
    verbs.add_parser("init").add_argument("trusted_root")
    verbs.add_parser("refresh")
    verbs.add_parser("download")
    return parser


if __name__ == "__main__":
    sys.exit(main())
