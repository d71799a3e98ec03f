"""What is wrong with an upstream, as one word of a closed set: no name and no address can get into it."""

from enum import IntEnum


class Trouble(IntEnum):
    """Why the last try at an upstream brought nothing; the numbers stand in the counters' memory."""

    NONE = 0
    SILENT = 1
    UNREACHABLE = 2
    CLOSED = 3
    RUBBISH = 4
    NO_TLS = 5
    UNTRUSTED = 6
    OUT_OF_DATE = 7
    WRONG_NAME = 8
    NO_AUTHORITIES = 9

    @property
    def is_final(self) -> bool:
        """Whether one such try is enough to call the upstream down: it is not who it should be."""
        return self >= Trouble.UNTRUSTED

    @property
    def text(self) -> str:
        """What an operator is told, and what to do."""
        return _TEXTS[self]


_TEXTS = {
    Trouble.NONE: "",
    Trouble.SILENT: "does not answer",
    Trouble.UNREACHABLE: "refuses or cannot be reached: check address, port and packet filters",
    Trouble.CLOSED: "closes the connection before it answers",
    Trouble.RUBBISH: "sends what is no answer to our query",
    Trouble.NO_TLS: "does not agree on TLS 1.2 or 1.3: is this its port for DNS over TLS?",
    Trouble.UNTRUSTED: "its certificate is signed by nobody we trust: check upstreams[].tls.ca",
    Trouble.OUT_OF_DATE: "its certificate is out of date, or this machine's clock is wrong",
    Trouble.WRONG_NAME: "its certificate is for another name: check upstreams[].tls.name",
    Trouble.NO_AUTHORITIES: "upstreams[].tls.ca cannot be read",
}
