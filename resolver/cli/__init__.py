"""The `mamori` command. Which twin of the C it uses is settled first: where that cannot be, it ends by 78, in words."""

import os
import sys

try:
    import native  # noqa: F401 -- chooses when it is loaded
except (ImportError, ValueError) as fault:
    sys.stderr.write(f"Error: {fault}\n")
    sys.exit(os.EX_CONFIG)

from resolver.cli.entry import main

__all__ = ["main"]
