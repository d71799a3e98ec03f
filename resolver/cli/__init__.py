"""The `mamori` command."""

import blocklist.native_choice  # noqa: F401 -- before all that wants a twin
from resolver.cli.entry import main

__all__ = ["main"]
