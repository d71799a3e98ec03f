"""Every size limit of the list format, by name, default and unit."""

from typing import Final

from attrs import frozen


@frozen
class ListLimits:
    """Limits of files and entries; the defaults are part of the format."""

    entries: int = 2_000_000
    """Records of one list."""
    file_bytes: int = 512 * 1024 * 1024
    """Length of one decrypted file."""
    line_bytes: int = 6_000
    """Length of one line of the clear master, without its line feed."""
    path_bytes: int = 2_048
    """Length of the path of one URL."""
    max_days: int = 400
    """Longest life of an entry, whatever the criteria set says."""
    basis_rows: int = 8
    """Rows of the basis table: three attribute bits."""
    document_bytes: int = 16 * 1024 * 1024
    """Length of index.json, keys/current or a criteria set."""
    deltas: int = 64
    """Links of a delta chain."""
    log_line_bytes: int = 1_024
    """Length of one line of the public log, without its line feed."""


LIMITS: Final = ListLimits()
