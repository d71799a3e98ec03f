"""Every size limit of the list format, by name, default and unit."""

from typing import Final

from attrs import frozen


@frozen
class ListLimits:
    """Limits of files and entries; the defaults are part of the format."""

    entries: int = 2_000_000  # records of one list
    file_bytes: int = 512 * 1024 * 1024  # one decrypted file
    line_bytes: int = 6_000  # one line of the clear master, without its line feed
    path_bytes: int = 2_048  # the path of one URL
    max_days: int = 400  # longest life of an entry, whatever the criteria set says
    basis_rows: int = 8  # rows of the basis table: three attribute bits
    document_bytes: int = 16 * 1024 * 1024  # index.json, keys/current or a criteria set
    deltas: int = 64  # links of a delta chain
    log_line_bytes: int = 1_024  # one line of the public log, without its line feed


LIMITS: Final = ListLimits()
