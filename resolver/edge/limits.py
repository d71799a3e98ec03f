"""Every limit of a worker's sockets, with its default and unit."""

from attrs import frozen


@frozen
class UdpLimits:
    """Clients over UDP."""

    batch: int = 64  # datagrams read before other sockets and timers get their turn
    datagram_bytes: int = 4096  # a longer query is read cut short, which the core takes for a format error
    ways_in: int = 1024  # pairs of own address and interface remembered by a socket bound to the wildcard address


@frozen
class TcpLimits:
    """Clients over TCP (RFC 7766)."""

    connections: int = 1024  # open in one worker; the one that was quiet longest makes room for a new one
    in_flight: int = 100  # queries of one connection that wait for an answer; more stay unread
    message_bytes: int = 8192  # of one query; a longer one closes the connection
    idle_seconds: float = 10.0  # without a whole query or an answer
    lifetime_seconds: float = 600.0  # of one connection, however busy
    stalled_seconds: float = 5.0  # for a client to take the answers that wait for it
    sweep_seconds: float = 1.0  # between two looks at the clocks above


@frozen
class UpstreamLimits:
    """Queries of ours to upstream servers."""

    reads: int = 8  # datagrams read from one socket before others get their turn
    datagram_bytes: int = 4096  # we offer 1232; a longer answer is read cut short and refused by the core
    first_port: int = 1024  # source ports are drawn from here to 65535
    bind_tries: int = 4  # random ports tried before the kernel chooses one
    connect_seconds: float = 3.0  # for a TCP connection to come up


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
    tcp: TcpLimits = TcpLimits()
    upstream: UpstreamLimits = UpstreamLimits()
    pump: PumpLimits = PumpLimits()
    worker: WorkerLimits = WorkerLimits()
