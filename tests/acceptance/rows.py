"""The table of answers: every row that one running daemon can be asked, as (row, question, what must come back)."""

from __future__ import annotations

import dns.message
import pytest
from attrs import frozen

from tests.acceptance.checks import (
    Check,
    empty_nodata,
    nodata,
    notice,
    notice_v6,
    rcode,
    real,
    rfc8482,
    server_cookie,
)
from tests.support.asking import query
from tests.support.listbody import entry

LISTED = (
    ("blk.example", "domain"),
    ("exact.example", "host"),
    ("gone.example", "host"),
    ("blk.signed.test", "domain"),
)
EXEMPT = (("ex.blk.example", "domain"), ("ex.blk.signed.test", "host"))


def entries() -> list[object]:
    """The set-up of the table as entries, with a self-test name and one `all_types` entry."""
    listed = [entry(name, kind) for name, kind in LISTED]
    return [*listed, entry("alltypes.example", all_types=True), entry("self-test.example", test=True)]


@frozen
class Case:
    """One question; `wire` is what is sent, `asked` the same read back where it can be read."""

    row: str
    wire: bytes
    asked: dns.message.Message | None
    check: Check | None  # None: dropped, no answer at all

    def param(self, label: str) -> object:
        return pytest.param(self, id=f"row{self.row}-{label}")


def ask(row: str, name: str, rdtype: str, check: Check, label: str = "", **options: object) -> object:
    message = query(name, rdtype, **options)  # type: ignore[arg-type]
    return Case(row, message.to_wire(), message, check).param(label or f"{rdtype}-{name}")


def raw(row: str, label: str, wire: bytes, check: Check | None) -> object:
    return Case(row, wire, None, check).param(label)


def header(flags: int = 0x0100, counts: tuple[int, int, int, int] = (1, 0, 0, 0)) -> bytes:
    words = (0x1234, flags, *counts)
    return b"".join(word.to_bytes(2, "big") for word in words)


QUESTION = b"\x03www\x07example\x00\x00\x01\x00\x01"
OPT = b"\x00\x00\x29\x04\xd0\x00\x00\x00\x00\x00\x00"
OPT_COOKIE = b"\x00\x00\x29\x04\xd0\x00\x00\x00\x00\x00\x0c\x00\x0a\x00\x08cookies!"
OPT_VERSION_1 = b"\x00\x00\x29\x04\xd0\x00\x01\x00\x00\x00\x00"
WWW = real("www.example. A 198.51.100.10")

TABLE = [
    # 1, 2: addresses of a listed name
    ask("1", "blk.example", "A", notice()),
    ask("1", "blk.example", "A", notice(), "A-without-OPT", edns=False),
    ask("2", "blk.example", "AAAA", notice_v6()),
    ask("2", "blk.example", "AAAA", notice_v6(), "AAAA-without-OPT", edns=False),
    # 3: no hint, no ech, no alpn
    ask("3", "blk.example", "HTTPS", nodata()),
    ask("3", "blk.example", "SVCB", nodata()),
    # 4: other types are forwarded; the listed name's addresses never ride along
    ask("4", "blk.example", "TXT", real('blk.example. TXT "published by blk"')),
    ask("4", "blk.example", "CAA", real('blk.example. CAA 0 issue "ca.test"')),
    ask("4", "blk.example", "TYPE65280", real("blk.example. TYPE65280 \\# 4 0a000001")),
    ask(
        "4",
        "blk.example",
        "MX",
        real("blk.example. MX 10 mail.blk.example.", additional_without=("mail.blk.example.",)),
    ),
    ask("4", "_sip._tcp.blk.example", "SRV", real(additional_without=("blk.example.",))),
    ask("4", "blk.example", "NS", real()),
    ask("4", "blk.example", "SOA", real()),
    ask("4", "blk.example", "CNAME", real()),
    ask("4", "blk.example", "PTR", real()),
    ask("4", "gone.example", "MX", empty_nodata(), "NXDOMAIN-becomes-NODATA"),
    ask("4", "gone.example", "TXT", empty_nodata(), "NXDOMAIN-becomes-NODATA-DO", do=True),
    ask("4", "alltypes.example", "TXT", nodata(), "all_types"),
    ask("4", "alltypes.example", "A", notice(), "all_types-A"),
    # 5: ANY
    ask("5", "blk.example", "ANY", rfc8482()),
    ask("5", "www.example", "ANY", rfc8482()),
    # 6: no flag switches blocking off; RD=0 is refused for what is not listed
    ask("6", "blk.example", "A", notice(), "DO", do=True),
    ask("6", "blk.example", "A", notice(), "CD", flags="RD CD"),
    ask("6", "blk.example", "A", notice(), "AD", flags="RD AD"),
    ask("6", "blk.example", "A", notice(), "RD0", flags=""),
    ask("6", "blk.example", "A", notice(), "DO-CD-AD", flags="RD CD AD", do=True),
    ask("6", "www.example", "A", rcode("REFUSED"), "RD0-unlisted", flags=""),
    ask("6", "www.signed.test", "A", real(ad=True), "validating-stub-elsewhere", do=True),
    # 7: the chain of trust stays whole
    ask("7", "blk.signed.test", "DS", real(ad=True), do=True),
    ask("7", "blk.signed.test", "DNSKEY", real(ad=True), do=True),
    # 8: case
    ask("8", "bLk.ExAmPlE", "A", notice()),
    ask("8", "wWw.ExAmPlE", "A", real("wWw.ExAmPlE. A 198.51.100.10")),
    # 9, 10: domain and host
    ask("9", "www.blk.example", "A", notice()),
    ask("9", "a.b.c.blk.example", "A", notice()),
    ask("9", "notblk.example", "A", real("notblk.example. A 198.51.100.11")),
    ask("9", "blk.example.example", "A", real("blk.example.example. A 198.51.100.15")),
    ask("10", "exact.example", "A", notice()),
    ask("10", "child.exact.example", "A", real("child.exact.example. A 198.51.100.12")),
    # 11: the exemption wins
    ask("11", "ex.blk.example", "A", real("ex.blk.example. A 198.51.100.13", ad=False)),
    ask("11", "ex.blk.example", "AAAA", real("ex.blk.example. AAAA 2001:db8::13")),
    ask("11", "x.ex.blk.example", "A", real("x.ex.blk.example. A 198.51.100.14")),
    ask("11", "ex.blk.signed.test", "A", real("ex.blk.signed.test. A 198.51.100.21", ad=True), "signed-DO", do=True),
    ask("11", "ex.blk.signed.test", "A", real(ad=True), "signed-AD", flags="RD AD"),
    ask("11", "ex.blk.signed.test", "A", real(ad=False), "signed-without-AD-or-DO"),
    # 12: aliases
    ask("12", "alias1.example", "A", notice()),
    ask("12", "alias8.example", "A", notice()),
    ask("12", "alias8.example", "A", notice(), "A-alias8-DO", do=True),
    ask("12", "alias8.example", "AAAA", notice_v6()),
    ask("12", "alias8.example", "HTTPS", nodata()),
    ask("12", "leaf.tree.example", "A", notice(), "DNAME"),
    ask("12", "leaf.tree.example", "HTTPS", nodata(), "DNAME-HTTPS", do=True),
    ask("12", "alias.signed.test", "A", notice(), "signed-alias-DO", do=True),
    ask("12", "alias1-short.example", "A", notice(ttl=5, counted_upstream=True), "smallest-original-TTL"),
    ask("12", "alias1.example", "CNAME", real("alias1.example. CNAME blk.example.")),
    ask(
        "12",
        "clean-alias.example",
        "A",
        real("clean-alias.example. CNAME www.example.", "www.example. A 198.51.100.10"),
    ),
    ask("12", "loop1.example", "A", rcode("SERVFAIL")),
    # 13: service bindings and mail
    ask("13", "svc.example", "HTTPS", nodata()),
    ask("13", "svc-alias.example", "HTTPS", nodata()),
    ask("13", "_8443._https.blk.example", "HTTPS", nodata()),
    ask("13", "svc-clean.example", "HTTPS", real()),
    ask("13", "mailer.example", "MX", real("mailer.example. MX 10 blk.example.", additional_without=("blk.example.",))),
    ask("13", "_imap._tcp.mailer.example", "SRV", real(additional_without=("blk.example.",))),
    # 14: what is no question for this resolver
    ask("14", "www.example", "A", rcode("REFUSED"), "class-CH", rdclass="CH"),
    ask("14", "www.example", "AXFR", rcode("NOTIMP"), edns=False),
    ask("14", "www.example", "IXFR", rcode("NOTIMP"), edns=False),
    ask("14", "www.example", "MAILA", rcode("NOTIMP")),
    ask("14", "www.example", "MAILB", rcode("NOTIMP")),
    ask("14", "www.example", "TKEY", rcode("NOTIMP")),
    ask("14", "www.example", "OPT", rcode("NOTIMP"), "type-OPT"),
    raw("14", "two-questions", header(counts=(2, 0, 0, 0)) + QUESTION * 2, rcode("FORMERR", question=False)),
    raw("14", "no-question", header(counts=(0, 0, 0, 0)), rcode("FORMERR", question=False)),
    raw("14", "no-question-but-COOKIE", header(counts=(0, 0, 0, 1)) + OPT_COOKIE, server_cookie()),
    raw("14", "opcode-NOTIFY", header(flags=0x2000) + QUESTION, rcode("NOTIMP")),
    raw("14", "opcode-15", header(flags=0x7800) + QUESTION, rcode("NOTIMP")),
    raw("14", "EDNS-version-1", header(counts=(1, 0, 0, 1)) + QUESTION + OPT_VERSION_1, rcode("BADVERS")),
    raw("14", "two-OPT", header(counts=(1, 0, 0, 2)) + QUESTION + OPT * 2, rcode("FORMERR", question=True)),
    raw("14", "trailing-bytes", header() + QUESTION + b"\x00", rcode("FORMERR", question=True)),
    raw("14", "QR-1", header(flags=0x8100) + QUESTION, None),
    raw("14", "under-12-bytes", header()[:11], None),
    # 24: special-use names are answered here
    ask("24", "localhost", "A", real("localhost. A 127.0.0.1")),
    ask("24", "a.localhost", "AAAA", real("a.localhost. AAAA ::1")),
    ask("24", "1.0.0.127.in-addr.arpa", "PTR", real("1.0.0.127.in-addr.arpa. PTR localhost.")),
    ask("24", "x.onion", "A", rcode("NXDOMAIN")),
    ask("24", "x.alt", "A", rcode("NXDOMAIN")),
    ask("24", "1.0.168.192.in-addr.arpa", "PTR", rcode("NXDOMAIN")),
    ask("24", "1.0.0.10.in-addr.arpa", "PTR", rcode("NXDOMAIN")),
    ask("24", "x.home.arpa", "A", rcode("NXDOMAIN")),
    ask("24", "x.resolver.arpa", "A", rcode("NXDOMAIN")),
    ask("24", "www.example", "A", WWW, "example-passes"),
    # forwarding itself
    ask("0", "www.example", "A", WWW),
    ask("0", "nothing.example", "A", rcode("NXDOMAIN")),
    ask("0", "nothing.signed.test", "A", rcode("NXDOMAIN"), "NXDOMAIN-DO", do=True),
]
