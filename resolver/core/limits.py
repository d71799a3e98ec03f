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
    sends_max: int = 12
    """Queries sent for one question, whatever comes back."""
    strange_max: int = 8
    """Datagrams with a wrong id or question on one query's port; then the query is asked again over TCP."""
    upstream_in_flight_max: int = 2000
    """Queries in flight to one upstream; when full its oldest question is shed for a new one."""
    retry_share: float = 0.7
    """Second and further tries an upstream is sent for each answer it gives."""
    retry_floor: float = 10.0
    """Such tries a second it is sent even when it gives none."""
    retry_stock: float = 1000.0
    """Such tries saved up at most, and at the start."""
    query_block_bytes: int = 128
    """Queries over TLS are padded to a multiple of this (RFC 8467 section 4.1)."""
    case_losses_max: int = 3
    """Responses in a row, each with the right id, that show the name in another case before an upstream is believed."""
    down_failures: int = 8
    """Failures in a row after which an upstream counts as down: more than one question's tries."""
    probe_interval: float = 1.0
    """Seconds between health probes of an upstream that is down."""
    probe_timeout: float = 1.0
    """Seconds a health probe may take."""
    silence_ttl: int = 1
    """Seconds the failure of a question is cached that no upstream answered at all: they may be back at any moment."""
    failure_ttl: int = 5
    """Seconds a resolution failure is cached (RFC 9520: 1 to 300); twice as long after each further one."""
    failure_ttl_max: int = 60
    """Seconds a resolution failure is cached at most, however often it was met; a comeback of any upstream ends it."""
    stale_wait: float = 1.8
    """Seconds a client waits before it gets an old answer (RFC 8767 section 5: client response timer)."""
    stale_ttl: int = 30
    """Seconds, the largest TTL shown in an old answer (RFC 8767 section 4)."""
    stale_hold: float = 0.5
    """Seconds between two looks whether an old answer or a failure must still be served."""
    prefetch_share: float = 0.1
    """Last part of an answer's life in which one that is in use is asked for again."""
    prefetch_ttl_min: int = 10
    """Seconds an answer must live to be asked for again before its end."""
    prefetch_uses: int = 2
    """Uses (3 are counted at most) that make an answer popular enough for that."""
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
    views_max: int = 63
    """Views; their policy's number and the bits DO and CD share one byte of the cache's key."""
    tcp_idle_seconds: float = 30.0
    """Seconds a TCP or DoT connection is kept without use; told to clients that ask (RFC 7828)."""
    answer_block_bytes: int = 468
    """Bytes: answers over DoT and DoH to padded queries are padded to a multiple (RFC 8467 section 4.1)."""
    rate_step: int = 100
    """Queries a client prefix is granted at once; its bucket is looked at again when they are used up."""
    rate_proven_factor: float = 4.0
    """Times the rate limit that a prefix may ask, beyond it, with a proven address (a stream, a server cookie)."""
    refusals_per_second: float = 10.0
    """Answers a second to one prefix that is not served (REFUSED); beyond that its queries over UDP are dropped."""
    refusals_burst: float = 100.0
    """Of them at once."""
    cookie_seconds: int = 3600
    """Seconds a server cookie is good for (RFC 9018 section 4.3)."""
    cookie_ahead_seconds: int = 300
    """Seconds its time may be ahead of ours: the clocks of several nodes differ."""
    strangers_max: int = 16_384
    """Remembered (hashed) prefixes that are not served."""
    prefixes_max: int = 65_536
    """Remembered (hashed) client prefixes that asked lately, and as many that did not; the latter make room."""
    forget_seconds: float = 300.0
    """Seconds after which an unused client prefix is forgotten, or twice that."""
    forms_max: int = 4096
    """Remembered forms of a query's flags, type and OPT."""
    hosts_max: int = 65_536
    """Remembered (hashed) client addresses that access rules admit."""
