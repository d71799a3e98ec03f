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

    connect_seconds: float = 5.0
    """Time to connect to one address, the TLS handshake included."""
    grace_seconds: float = 10.0
    """Time a transfer may be behind the minimum rate."""
    total_seconds: float = 120.0
    """Time for a whole transfer, however fast."""
    mirror_seconds: float = 240.0
    """Time for all transfers from one mirror in one refresh, however many files there are."""
    minimum_rate: float = 8 * KIB
    """Mean rate since the start of a transfer."""
    chunk_bytes: int = 16 * KIB
    """Read at a time."""
    header_bytes: int = 64 * KIB
    """Length of status line, headers and chunk framing together."""
    etag_characters: int = 256
    """Length of an ETag that is remembered."""


@frozen
class SizeLimits:
    """How large the files of one list may be (bytes), and how deep its metadata."""

    index_bytes: int = 1 * MIB
    """Length of the list's index."""
    keyring_bytes: int = 16 * MIB
    """Length of the keyring."""
    full_bytes: int = 40 * MIB
    """Length of the full file: 2 million records of 18 bytes and the framing of the sealed file."""
    delta_share: float = 0.5
    """Share of the full file: a chain of deltas that is no smaller is not worth it."""
    log_bytes: int = 64 * MIB
    """Length of the public record: 200,000 versions."""
    log_step_bytes: int = 1 * MIB
    """Read of the public record at a time."""
    metadata_bytes: int = 2 * MIB
    """Length of one metadata file."""
    timestamp_bytes: int = 16 * KIB
    """Length of the timestamp."""
    root_rotations: int = 32
    """New roots taken in one refresh."""
    delegations: int = 8
    """Delegated roles looked into."""


@frozen
class ClockLimits:
    """When time is believed (seconds)."""

    timestamp_life: float = 6 * HOUR
    """Seconds before its end at which a timestamp is signed."""
    snapshot_life: float = 7 * DAY
    """Seconds before its end at which a snapshot is signed, at each publication."""
    withdraw_life: float = 7 * DAY
    """Seconds before its end at which the withdraw role is signed."""
    frozen_after: float = 900.0
    """Seconds: bodies sign every 5 min; with an older timestamp the next mirror is asked, too."""
    timestamp_life_max: float = 24 * HOUR
    """Seconds; a timestamp that would live longer is refused."""
    signed_ahead_max: float = 1 * HOUR
    """Seconds; an index signed further in the future is refused."""
    floor_slack: float = 1 * HOUR
    """Seconds the clock may be below the floor."""
    step: float = 1 * HOUR
    """Seconds; a jump of the wall clock that is no drift."""
    ahead_of_verified: float = 48 * HOUR
    """Seconds since the newest verified timestamp: the clock or the body is wrong."""
    mass_expiry_share: float = 0.2
    """Share of all entries that end within `mass_expiry_window`: then the clock is doubted."""
    mass_expiry_window: float = 1 * HOUR
    """Seconds in which they end."""
    save_interval: float = 600.0
    """Seconds of trusted time that a restart loses at most."""
