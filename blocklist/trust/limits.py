"""Every limit of the subscriber's side, with its default and its unit."""

from __future__ import annotations

from attrs import frozen

KIB = 1024
MIB = 1024 * KIB
HOUR = 3600.0
DAY = 24 * HOUR


@frozen
class FetchLimits:
    """What one HTTP transfer may cost; a mirror is a stranger and may be hostile."""

    connect_seconds: float = 5.0  # per address, TLS handshake included
    grace_seconds: float = 10.0  # a transfer may be this far behind the minimum rate
    total_seconds: float = 120.0  # whole transfer, however fast
    mirror_seconds: float = 240.0  # all transfers from one mirror in one refresh, however many files there are
    minimum_rate: float = 8 * KIB  # bytes a second, mean since the start
    chunk_bytes: int = 16 * KIB
    header_bytes: int = 64 * KIB  # status line, headers and chunk framing together
    etag_characters: int = 256


@frozen
class SizeLimits:
    """How large the files of one list may be (bytes), and how deep its metadata."""

    index_bytes: int = 1 * MIB
    keyring_bytes: int = 16 * MIB
    full_bytes: int = 40 * MIB  # 2 million records of 18 bytes and the framing of the sealed file
    delta_share: float = 0.5  # of the full file: a chain of deltas that is no smaller is not worth it
    log_bytes: int = 64 * MIB  # the public record: 200,000 versions
    log_step_bytes: int = 1 * MIB  # of it at a time
    metadata_bytes: int = 2 * MIB
    timestamp_bytes: int = 16 * KIB
    root_rotations: int = 32
    delegations: int = 8


@frozen
class ClockLimits:
    """When time is believed (seconds)."""

    timestamp_life: float = 6 * HOUR  # a timestamp is signed this long before it expires
    snapshot_life: float = 7 * DAY  # a snapshot is signed this long before it expires, at each publication
    withdraw_life: float = 7 * DAY  # so is the withdraw role
    frozen_after: float = 900.0  # bodies sign every 5 min: with an older one the next mirror is asked, too
    timestamp_life_max: float = 24 * HOUR  # one that would live longer is refused
    signed_ahead_max: float = 1 * HOUR  # an index signed further in the future is refused
    floor_slack: float = 1 * HOUR  # how far below the floor the clock may be
    step: float = 1 * HOUR  # a jump of the wall clock that is no drift
    ahead_of_verified: float = 48 * HOUR  # newest verified timestamp older than this: is it the clock or the body?
    mass_expiry_share: float = 0.2  # of all entries, within `mass_expiry_window`
    mass_expiry_window: float = 1 * HOUR
    save_interval: float = 600.0  # a restart loses at most this much of trusted time
