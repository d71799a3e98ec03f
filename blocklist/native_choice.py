"""Imported first by each command: settles which twin of the C it uses; where that cannot be, ends by 78, in words."""

import os
import sys

try:
    import native  # noqa: F401 -- chooses when it is loaded
except (ImportError, ValueError) as fault:
    sys.stderr.write(f"Error: {fault}\n")
    sys.exit(os.EX_CONFIG)
