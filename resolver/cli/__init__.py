"""The `mamori` command."""

from resolver.cli.entry import main

__all__ = ["main"]
