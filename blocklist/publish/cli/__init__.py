"""`mamori-list`: the list body's command."""

import blocklist.native_choice  # noqa: F401 -- before all that wants a twin
from blocklist.publish.cli.entry import main

__all__ = ["main"]
