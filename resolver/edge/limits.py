"""Every limit of a worker's sockets, with its default and unit."""

from attrs import frozen

from resolver.core.limits import Limits as CoreLimits


@frozen
class UdpLimits:
    """Clients over UDP."""

    batch: int = 64
    """Datagrams read or sent by one system call."""
    turn: int = 1024
    """Datagrams read before other sockets get their turn."""
    turns: int = 4
    """Turns one after the other while no other socket has anything; then timers get theirs in any case."""
    misses: int = 32
    """Queries that need more than a look into the cache, after which other sockets get their turn sooner."""
    datagram_bytes: int = 4096
    """Length of a datagram; a longer one is read cut short, which the core takes for a format error."""


@frozen
class ConnectionLimits:
    """Stream connections of clients, TCP, DoT and DoH together; the first four are settings (`connections`)."""

    most: int = 4096
    """Connections open in one worker; the one that was quiet longest makes room for a new one."""
    per_prefix: int = 512
    """Connections from one client prefix; one more takes the place of another of its own."""
    ipv4_prefix: int = 32
    """Bits that make a client prefix."""
    ipv6_prefix: int = 56
    """Bits; what a home is given (RFC 6177)."""
    unproven_share: float = 0.25
    """Share of `most` that may have asked nothing yet, handshakes among them; the oldest makes room."""
    handshake_seconds: float = 5.0
    """Time for a TLS handshake."""
    first_query_seconds: float = 5.0
    """Time from there to the first whole query."""
    stalled_seconds: float = 5.0
    """Time for a client to take the answers that wait for it."""
    held_bytes: int = 262_144
    """Answers written for a client that does not take them; more, and the connection is closed."""
    drain_seconds: float = 5.0
    """Time for the last answers once nothing more is read from a connection."""
    lifetime_seconds: float = 600.0
    """Life of one connection, however busy."""
    sweep_seconds: float = 1.0
    """Time between two looks at the clocks of all connections."""


@frozen
class TcpLimits:
    """Clients over TCP (RFC 7766) and DoT (RFC 7858)."""

    in_flight: int = 100
    """Queries of one connection that wait for an answer; more stay unread."""
    message_bytes: int = 8192
    """Length of one query; a longer one closes the connection."""
    message_seconds: float = 5.0
    """Time from the first byte of a query to its last."""
    idle_seconds: float = CoreLimits().tcp_idle_seconds
    """Time without a whole query or an answer; told to clients as RFC 7828 has it."""


@frozen
class DohLimits:
    """Clients over DoH (RFC 8484), HTTP/2 (RFC 9113)."""

    streams: int = 100
    """Requests of one connection open at once; one more is refused."""
    in_flight: int = 100
    """Queries of one connection that wait for an answer, also where the client took back its request."""
    message_bytes: int = 8192
    """Length of one query; 413 beyond, 414 where it stands in the URL."""
    header_bytes: int = 16_384
    """Size of one request's header fields as RFC 9113 6.5.2 counts them; 431 beyond."""
    header_bytes_read: int = 65_536
    """Size of header fields, unpacked, beyond which the connection is closed."""
    request_seconds: float = 5.0
    """Time from a request's head to its end."""
    idle_seconds: float = 60.0
    """Time without a whole request or an answer."""
    spare_frames: int = 512
    """Frames a connection may send before its first answer, and keep as its reserve."""
    frames_per_answer: int = 8
    """Frames given back with each answer; who uses up the reserve (resets, pings …) is closed."""
    unsent_bytes: int = 262_144
    """Answers that wait for the client's flow control; more requests and answers are refused."""
    resets_kept: int = 256
    """Ended streams remembered, so that late frames of theirs are no fault."""


@frozen
class UpstreamLimits:
    """Queries of ours to upstream servers."""

    reads: int = 32
    """Datagrams read from one UDP port before others get their turn."""
    ports_read: int = 8
    """UDP ports read in one turn of the reactor."""
    datagram_bytes: int = 4096
    """Length of a datagram; we offer 1232, a longer answer is read cut short and refused by the core."""
    first_port: int = 1024
    """Source ports are drawn from here to 65535."""
    bind_tries: int = 4
    """Random ports tried before the kernel chooses one."""
    ports: int = 8
    """UDP ports to one upstream that queries are spread over, in one worker."""
    port_queries: int = 64
    """Queries sent from one UDP port, on average: each port draws its number from 1 to twice as many."""
    port_seconds: float = 0.1
    """Time a UDP port takes queries, on average: each draws its time, from half to one and a half of this."""
    port_moment_seconds: float = 0.0005
    """Time for which one of the UDP ports is used, before one is drawn again."""
    port_strange_max: int = 8
    """Datagrams that fit no query of a UDP port, from its server's address; then it takes no more queries."""
    connect_seconds: float = 1.5
    """Time for a connection to come up, the TLS handshake included."""
    connections: int = 4
    """Connections to one upstream, TCP and TLS each, in one worker."""
    pipelined: int = 500
    """Queries of one connection that wait for an answer; times `connections` fits the core's bound."""
    pipelined_at_ease: int = 50
    """Queries waiting on the least busy connection, above which another is opened."""
    silent_seconds: float = 1.5
    """Time without a whole answer while one is due; then a connection takes no more queries."""
    idle_seconds: float = 10.0
    """Time without a query; then a connection is closed (RFC 7766 section 6.2.3)."""
    lifetime_seconds: float = 600.0
    """Age at which a connection takes no more queries, so that the server's certificate is looked at anew."""
    resends: int = 3
    """Times a query is sent again whose connection was closed after it had brought answers."""
    look_seconds: float = 0.25
    """Time between two looks at these clocks."""


@frozen
class PumpLimits:
    """The loop between core, sockets and timer."""

    sockets: int = 8192
    """Upstream queries open at once, UDP and TCP; one more counts as failed."""
    soonest_seconds: float = 0.001
    """The nearest time a timer is set to."""
    after_fault_seconds: float = 0.1
    """Pause of the timer when the core failed, so that it cannot spin."""
    fault_report_seconds: float = 60.0
    """Time between two reports of the same fault."""


@frozen
class WorkerLimits:
    """The process as a whole."""

    stop_seconds: float = 3.0
    """Time for queries in flight once we are told to stop."""
    stop_check_seconds: float = 0.02
    """Time between two looks whether they are all answered."""
    descriptors: int = 16384
    """Open files asked of the system beside one for each of `connections.most`, as far as it allows."""
    young_objects: int = 1000
    """New objects that start a collection of the young ones."""
    young_rounds: int = 10
    """Collections of the young ones that start one of the middle-aged."""


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
