"""Every bound of the core in one place, with its default and unit."""

from attrs import frozen


@frozen
class Limits:
    """How much the core may hold and how long it may wait; the defaults fit one worker process."""

    pending_max: int = 4000
    """Different questions in flight; when full the oldest is shed with SERVFAIL."""
    waiters_max: int = 200
    """Clients waiting for one question in flight; when full the oldest is shed with SERVFAIL."""
    try_offsets: tuple[float, ...] = (0.0, 0.35, 0.75, 1.2, 1.7, 2.2)
    """Seconds after the question at which it is (re)sent; earlier tries stay open."""
    patience: float = 0.3
    """Seconds a try is given before silence counts as a failure of its upstream."""
    give_up: float = 2.9
    """Seconds after which a question without an answer is SERVFAIL."""
    case_losses_max: int = 3
    """Responses in a row, each with the right id, that show the name in another case before an upstream is believed."""
    down_failures: int = 8
    """Failures in a row after which an upstream counts as down: more than one question's tries."""
    probe_interval: float = 1.0
    """Seconds between health probes of an upstream that is down."""
    probe_timeout: float = 1.0
    """Seconds a health probe may take."""
    failure_ttl: int = 5
    """Seconds a resolution failure is cached (RFC 9520: 1 to 300)."""
    negative_ttl_max: int = 10_800
    """Seconds a negative answer is kept at most (RFC 2308 section 5)."""
    verdict_ttl: int = 3600
    """Seconds a policy verdict is kept before the index is asked again."""
    chain_max: int = 16
    """Aliases between QNAME and the address; a longer chain is SERVFAIL."""
    alias_records_max: int = 64
    """CNAME and DNAME records in one answer; more is SERVFAIL."""
    upstream_udp_bytes: int = 1232
    """EDNS size offered to upstreams."""
    client_udp_bytes: int = 1232
    """Largest UDP answer to a client, whatever it offers."""
    ede_options_max: int = 4
    """EDE options copied from an upstream's answer."""
    ede_text_bytes_max: int = 255
    """Bytes of EXTRA-TEXT copied with each; longer text is left out."""
    forms_max: int = 4096
    """Remembered forms of a query's flags, type and OPT."""
    hosts_max: int = 65_536
    """Remembered (hashed) client addresses that access rules admit."""
