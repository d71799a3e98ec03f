"""Every limit of a worker's sockets, with its default and unit."""

from attrs import frozen


@frozen
class UdpLimits:
    """Clients over UDP."""

    batch: int = 64  # datagrams read before other sockets and timers get their turn
    datagram_bytes: int = 4096  # a longer query is read cut short, which the core takes for a format error
    ways_in: int = 1024  # pairs of own address and interface remembered by a socket bound to the wildcard address


@frozen
class ConnectionLimits:
    """Stream connections of clients, TCP, DoT and DoH together; the first four are settings (`connections`)."""

    most: int = 4096  # open in one worker; the one that was quiet longest makes room for a new one
    per_prefix: int = 512  # of them from one client prefix; one more takes the place of another of its own
    ipv4_prefix: int = 32  # bits that make a client prefix
    ipv6_prefix: int = 56  # bits; what a home is given (RFC 6177)
    unproven_share: int = (
        4  # a fourth of `most` may have asked nothing yet, handshakes among them; the oldest makes room
    )
    handshake_seconds: float = 5.0  # for a TLS handshake
    first_query_seconds: float = 5.0  # from there to the first whole query
    stalled_seconds: float = 5.0  # for a client to take the answers that wait for it
    lifetime_seconds: float = 600.0  # of one connection, however busy
    sweep_seconds: float = 1.0  # between two looks at the times of all connections


@frozen
class TcpLimits:
    """Clients over TCP (RFC 7766) and DoT (RFC 7858)."""

    in_flight: int = 100  # queries of one connection that wait for an answer; more stay unread
    message_bytes: int = 8192  # of one query; a longer one closes the connection
    message_seconds: float = 5.0  # from the first byte of a query to its last
    idle_seconds: float = 30.0  # without a whole query or an answer; told to clients as RFC 7828 has it


@frozen
class DohLimits:
    """Clients over DoH (RFC 8484), HTTP/2 (RFC 9113)."""

    streams: int = 100  # requests of one connection open at once; one more is a fault of the client
    in_flight: int = (
        100  # queries of one connection that wait for an answer, also where the client took back its request
    )
    message_bytes: int = 8192  # of one query; 413 beyond, 414 where it stands in the URL
    header_bytes: int = 16_384  # of one request's header fields as RFC 9113 6.5.2 counts them; 431 beyond
    header_bytes_read: int = 65_536  # beyond this, unpacked, the connection is closed
    request_seconds: float = 5.0  # from a request's head to its end
    idle_seconds: float = 60.0  # without a whole request or an answer
    spare_frames: int = 512  # a connection may send before its first answer, and keep as its reserve
    frames_per_answer: int = 8  # given back with each answer; who uses up the reserve (resets, pings …) is closed
    unsent_bytes: int = 262_144  # of answers that wait for the client's flow control; more requests are refused
    resets_kept: int = 256  # ended streams remembered, so that late frames of theirs are no fault


@frozen
class UpstreamLimits:
    """Queries of ours to upstream servers."""

    reads: int = 8  # datagrams read from one socket before others get their turn
    datagram_bytes: int = 4096  # we offer 1232; a longer answer is read cut short and refused by the core
    first_port: int = 1024  # source ports are drawn from here to 65535
    bind_tries: int = 4  # random ports tried before the kernel chooses one
    connect_seconds: float = 1.5  # for a connection to come up, the TLS handshake included
    connections: int = 4  # to one upstream, TCP and TLS each, in one worker
    pipelined: int = 500  # queries of one connection that wait for an answer; times `connections` fits the core's bound
    pipelined_at_ease: int = 50  # of the least busy connection, above which another is opened
    silent_seconds: float = 1.5  # without a byte while an answer is due; then a connection takes no more queries
    idle_seconds: float = 10.0  # without a query; then a connection is closed (RFC 7766 section 6.2.3)
    resends: int = 3  # of a query whose connection was closed after it had brought answers
    look_seconds: float = 0.25  # between two looks at the clocks above


@frozen
class PumpLimits:
    """The loop between core, sockets and timer."""

    sockets: int = 8192  # upstream queries open at once, UDP and TCP; one more counts as failed
    soonest_seconds: float = 0.001  # a timer is never set nearer than this
    after_fault_seconds: float = 0.1  # pause of the timer when the core failed, so that it cannot spin
    fault_report_seconds: float = 60.0  # between two reports of the same fault


@frozen
class WorkerLimits:
    """The process as a whole."""

    stop_seconds: float = 3.0  # for queries in flight once we are told to stop
    stop_check_seconds: float = 0.02  # between two looks whether they are all answered
    descriptors: int = 16384  # asked of the system, as far as it allows
    young_objects: int = 1000  # new objects that start a collection of the young ones
    young_rounds: int = 10  # of those that start one of the middle-aged


@frozen
class Limits:
    """All of them."""

    udp: UdpLimits = UdpLimits()
    connections: ConnectionLimits = ConnectionLimits()
    tcp: TcpLimits = TcpLimits()
    doh: DohLimits = DohLimits()
    upstream: UpstreamLimits = UpstreamLimits()
    pump: PumpLimits = PumpLimits()
    worker: WorkerLimits = WorkerLimits()
