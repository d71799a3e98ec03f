"""The client matrix: what subscribers and engineers use, over all it speaks, with our name verified."""

from __future__ import annotations

import base64
import re
import subprocess
import threading
from collections.abc import Iterator
from http.server import ThreadingHTTPServer
from pathlib import Path

import dns.message
import dns.query
import pytest

from tests.acceptance.checks import records
from tests.support.asking import ask
from tests.support.daemon import NOTICE_V4, Daemon
from tests.support.listbody import QuietHandler
from tests.support.ports import free_port
from tests.support.processes import Child
from tests.support.tools import require

pytestmark = [pytest.mark.daemon, pytest.mark.peers, pytest.mark.xdist_group("table")]

REAL, OTHER_NAME = "198.51.100.10", "other.example"
NAMES = {"www.example": REAL, "blk.example": NOTICE_V4}
REQUESTS = 3000
SECONDS = 60  # a client may take at most, on a busy machine


def run(*command: object) -> subprocess.CompletedProcess[str]:
    words = [require(str(command[0]))[str(command[0])], *map(str, command[1:])]
    return subprocess.run(words, capture_output=True, text=True, timeout=SECONDS, check=False)


def verified(daemon: Daemon, name: str = Daemon.tls_name) -> list[str]:
    """The options of dig and kdig that have a certificate checked."""
    return [f"+tls-ca={daemon.ca.pem}", f"+tls-hostname={name}"]


DIG = {
    "plain": ("", "EDNS: version: 0"),
    "tcp": ("+tcp", "(TCP)"),
    "no EDNS": ("+noedns", "ADDITIONAL: 0"),
    "EDNS version 0": ("+edns=0", "EDNS: version: 0"),
    "cookie": ("+cookie=0123456789abcdef", "COOKIE: 0123456789abcdef01000000"),
    "the server's cookie": ("+cookie", "(good)"),
    "DNSSEC": ("+dnssec", "flags: do"),
    "small buffer": ("+bufsize=512", "EDNS: version: 0"),
    "client subnet": ("+subnet=192.0.2.0/24", "status: NOERROR"),
    "NSID": ("+nsid", "status: NOERROR"),
    "padding": ("+padding=128", "status: NOERROR"),
    "keepalive": ("+tcp +keepalive", "TCP KEEPALIVE: 30.0 secs"),
    "unknown option": ("+ednsopt=65001:00ff", "status: NOERROR"),
    "everything": ("+dnssec +cdflag +adflag +nsid +cookie +subnet=0/0 +expire", "status: NOERROR"),
}


@pytest.mark.parametrize("option", DIG)
def test_dig(table_daemon: Daemon, option: str) -> None:
    """dig gets the same addresses whatever it asks with, and what the option asks for."""
    words, said = DIG[option]
    for name, address in NAMES.items():
        done = run("dig", "@127.0.0.1", "-p", table_daemon.port, *words.split(), name, "A")
        assert f"IN\tA\t{address}" in done.stdout, done.stdout
        assert said in done.stdout, done.stdout
        assert "CLIENT-SUBNET" not in done.stdout and ";; Warning" not in done.stdout


ENCRYPTED = {
    "DoT": ("dot", "+tls"),
    "DoT, padded": ("dot", "+tls +padding"),
    "DoT, kept open": ("dot", "+tls +keepopen"),
    "DoH, POST": ("doh", "+https=resolver.isp.example/dns-query"),
    "DoH, GET": ("doh", "+https=resolver.isp.example/dns-query +https-get"),
}


def _port(daemon: Daemon, transport: str) -> int:
    return {"udp": daemon.port, "tcp": daemon.port, "dot": daemon.dot_port, "doh": daemon.doh_port}[transport]


@pytest.mark.parametrize("how", ENCRYPTED)
def test_kdig(table_daemon: Daemon, how: str) -> None:
    """kdig verifies our name, reads two answers over one connection, and sees them padded to 468 bytes (RFC 8467)."""
    transport, words = ENCRYPTED[how]
    command = ["kdig", "@127.0.0.1", "-p", _port(table_daemon, transport), *verified(table_daemon), *words.split()]
    sni = [f"+tls-sni={table_daemon.tls_name}"]
    done = run(*command, *sni, *(word for name in NAMES for word in (name, "A")))
    assert done.returncode == 0, done.stdout + done.stderr
    assert re.findall(r"IN\tA\t(\S+)", done.stdout) == list(NAMES.values()), done.stdout
    assert done.stdout.count(";; TLS session (TLS1.3)") == len(NAMES)
    assert done.stdout.count("Received 468 B") == len(NAMES), done.stdout
    if transport == "doh":
        assert done.stdout.count("(status: 200)") == len(NAMES)


@pytest.mark.parametrize("words", ["+notcp", "+tcp", "+tcp +keepopen"])
def test_kdig_in_the_clear(table_daemon: Daemon, words: str) -> None:
    """kdig over UDP and TCP, with all it can ask for."""
    options = [*words.split(), "+dnssec", "+nsid", "+cookie", "+subnet=192.0.2.0/24"]
    done = run(
        "kdig", "@127.0.0.1", "-p", table_daemon.port, *options, *(word for name in NAMES for word in (name, "A"))
    )
    assert re.findall(r"IN\tA\t(\S+)", done.stdout) == list(NAMES.values()), done.stdout


DIG_ENCRYPTED = {"DoT": ("dot", "+tls"), "DoH, POST": ("doh", "+https"), "DoH, GET": ("doh", "+https-get")}


@pytest.mark.parametrize("how", DIG_ENCRYPTED)
def test_dig_encrypted(table_daemon: Daemon, how: str) -> None:
    """dig verifies our name over DoT and DoH."""
    transport, words = DIG_ENCRYPTED[how]
    port = _port(table_daemon, transport)
    for name, address in NAMES.items():
        done = run("dig", "@127.0.0.1", "-p", port, words, *verified(table_daemon), "+short", name)
        assert done.stdout.strip() == address, done.stdout


@pytest.mark.parametrize(
    ("tool", "transport", "word"), [("kdig", "dot", "+tls"), ("kdig", "doh", "+https"), ("dig", "dot", "+tls")]
)
def test_another_name_is_refused_by_the_client(table_daemon: Daemon, tool: str, transport: str, word: str) -> None:
    """That names are verified above is not by chance: under another name the client gets no answer."""
    port = _port(table_daemon, transport)
    done = run(tool, "@127.0.0.1", "-p", port, word, *verified(table_daemon, OTHER_NAME), "www.example")
    assert REAL not in done.stdout and "ertificate" in done.stdout + done.stderr, done.stdout + done.stderr


@pytest.mark.parametrize("post", [False, True])
def test_dnspython_https(table_daemon: Daemon, post: bool) -> None:
    """dnspython with httpx: GET and POST over HTTP/2."""
    url = f"https://{table_daemon.tls_name}:{table_daemon.doh_port}{table_daemon.doh_path}"
    for name, address in NAMES.items():
        answer = dns.query.https(
            dns.message.make_query(name, "A", use_edns=0),
            url,
            timeout=SECONDS,
            post=post,
            bootstrap_address="127.0.0.1",
            verify=table_daemon.trust(),
            http_version=dns.query.HTTPVersion.HTTP_2,
        )
        assert records(answer.answer) == {f"{name}. A {address}"}


def test_dnspython_tls(table_daemon: Daemon) -> None:
    """dnspython over DoT."""
    for name, address in NAMES.items():
        answer = dns.query.tls(
            dns.message.make_query(name, "A", use_edns=0),
            "127.0.0.1",
            port=table_daemon.dot_port,
            timeout=SECONDS,
            server_hostname=table_daemon.tls_name,
            ssl_context=table_daemon.trust(),
        )
        assert records(answer.answer) == {f"{name}. A {address}"}


class _Hello(QuietHandler):
    def do_GET(self) -> None:  # noqa: N802  http.server calls it so
        self.send_response(200)
        self.end_headers()
        self.wfile.write(b"hello from " + self.headers["Host"].partition(":")[0].encode())


@pytest.fixture(scope="module")
def web() -> Iterator[int]:
    """A Web server on 127.0.0.1, which is the address of ns.example; its port."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), _Hello)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
    thread.start()
    yield server.server_address[1]
    server.shutdown()
    server.server_close()
    thread.join()


def _curl(daemon: Daemon, web: int, ca: Path) -> subprocess.CompletedProcess[str]:
    origin = f"{daemon.tls_name}:{daemon.doh_port}"
    doh = ["--doh-url", f"https://{origin}{daemon.doh_path}", "--resolve", f"{origin}:127.0.0.1", "--cacert", ca]
    return run("curl", "-q", "-sS", "--noproxy", "*", *doh, f"http://ns.example:{web}/")


def test_curl(table_daemon: Daemon, web: int) -> None:
    """curl finds a Web site by asking us over DoH."""
    done = _curl(table_daemon, web, table_daemon.ca.pem)
    assert (done.returncode, done.stdout) == (0, "hello from ns.example"), done.stderr


def test_curl_does_not_trust_others(table_daemon: Daemon, web: int, tmp_path: Path) -> None:
    """With another authority's certificate curl resolves nothing."""
    done = _curl(table_daemon, web, Daemon(tmp_path, "127.0.0.1:1", []).encrypt().ca.pem)
    assert done.returncode == 6, done.stdout  # could not resolve host


@pytest.mark.parametrize("transport", ["-U", "-T", "-L"])
def test_getdns(table_daemon: Daemon, transport: str) -> None:
    """getdns as a stub over UDP, TCP and DoT with authentication required; both families asked for at once."""
    tls = f"@127.0.0.1#{table_daemon.dot_port}~{table_daemon.tls_name}"
    server = [tls, "-m", "-P", "128"] if transport == "-L" else [f"@127.0.0.1@{table_daemon.port}"]
    trust = f'{{ tls_ca_file: "{table_daemon.ca.pem}" }}'
    for name, address in list(NAMES.items()) * 3:
        done = run("getdns_query", "-s", transport, "-j", *server, trust, name, "-A")
        assert f'"address_data":"{address}"' in done.stdout, done.stdout + done.stderr


def test_getdns_refuses_another_name(table_daemon: Daemon) -> None:
    """Authentication required means required."""
    server = f"@127.0.0.1#{table_daemon.dot_port}~{OTHER_NAME}"
    trust = f'{{ tls_ca_file: "{table_daemon.ca.pem}" }}'
    done = run("getdns_query", "-s", "-L", "-m", "-j", server, trust, "www.example", "-A")
    assert REAL not in done.stdout and "error" in done.stdout + done.stderr


def _stubby(folder: Path, daemon: Daemon, name: str) -> tuple[Child, int]:
    """Stubby in its strict profile, forwarding what it is asked on a port of its own to us over DoT."""
    port, config = free_port(), folder / "stubby.yml"
    config.write_text(
        "resolution_type: GETDNS_RESOLUTION_STUB\ndns_transport_list:\n  - GETDNS_TRANSPORT_TLS\n"
        f'tls_authentication: GETDNS_AUTHENTICATION_REQUIRED\ntls_ca_file: "{daemon.ca.pem}"\n'
        "tls_query_padding_blocksize: 128\nedns_client_subnet_private: 1\nidle_timeout: 10000\n"
        f"listen_addresses:\n  - 127.0.0.1@{port}\nupstream_recursive_servers:\n"
        f'  - address_data: 127.0.0.1\n    tls_port: {daemon.dot_port}\n    tls_auth_name: "{name}"\n'
    )
    child = Child([require("stubby")["stubby"], "-C", str(config), "-v", "7"], folder / "stubby.out")
    child.wait_for(lambda: "Starting DAEMON" in child.text(), "stubby")
    return child, port


def test_stubby(table_daemon: Daemon, tmp_path: Path) -> None:
    """A device's stub resolver in its strict profile: one connection, verified, for all its questions."""
    child, port = _stubby(tmp_path, table_daemon, table_daemon.tls_name)
    try:
        for _ in range(3):
            for name, address in NAMES.items():
                assert records(ask(port, "udp", name).answer) == {f"{name}. A {address}"}
        assert child.text().count("Verify passed") == 1, child.text()
    finally:
        child.stop()


def test_stubby_refuses_another_name(table_daemon: Daemon, tmp_path: Path) -> None:
    """In the strict profile it answers nothing from a server it cannot verify."""
    child, port = _stubby(tmp_path, table_daemon, OTHER_NAME)
    try:
        run("dig", "@127.0.0.1", "-p", port, "+tries=1", "+time=1", "www.example")
        assert "Verify passed" not in child.text() and "Verify failed" in child.text(), child.text()
    finally:
        child.stop()


@pytest.mark.parametrize("method", ["GET", "POST"])
def test_h2load(table_daemon: Daemon, tmp_path: Path, method: str) -> None:
    """3,000 requests over ten connections, twenty at once on each: every one of them 2xx."""
    question = dns.message.make_query("www.example", "A", id=0).to_wire()
    url = f"https://127.0.0.1:{table_daemon.doh_port}{table_daemon.doh_path}"
    if method == "GET":
        how = [f"{url}?dns={base64.urlsafe_b64encode(question).rstrip(b'=').decode()}"]
    else:
        body = tmp_path / "question"
        body.write_bytes(question)
        how = ["-d", str(body), "-H", "content-type: application/dns-message", url]
    done = run("h2load", "-n", REQUESTS, "-c", "10", "-m", "20", *how)
    assert f"status codes: {REQUESTS} 2xx, 0 3xx, 0 4xx, 0 5xx" in done.stdout, done.stdout
    assert f"{REQUESTS} succeeded, 0 failed, 0 errored, 0 timeout" in done.stdout, done.stdout
