"""Leaks planted into a copy of the product, one of each kind, to see that the tests of statement 1 can fail.

Each changes a line or two of the source as it stands today; a line that is no longer there fails the test. The leaks of
one group lie side by side in one copy: what finds one of them cannot be what finds another.
"""

from __future__ import annotations

from pathlib import Path

from attrs import frozen

Change = tuple[str, str, str]  # file, text in it, text instead

_CORE = "resolver/core/forwarder.py"
_CONTROL = "resolver/edge/supervision/control.py"
_EXEMPTING = "blocklist/trust/local/exempting.py"
_FAULTS = "resolver/edge/faults.py"
_HTTP2 = "resolver/edge/serving/http2.py"
_METRICS = "resolver/edge/supervision/metrics.py"
_OBSERVER = "resolver/edge/supervision/observer.py"
_POOL = "resolver/edge/supervision/pool.py"
_RESPONSES = "resolver/edge/notice/responses.py"
_NOTICE = "resolver/edge/notice/server.py"
_UDP = "resolver/edge/serving/udp.py"
_UPSTREAM = "resolver/edge/serving/upstream_udp.py"
_WORKER = "resolver/edge/serving/worker.py"

_LABEL = "data[13 : 13 + data[12]].decode('ascii', 'replace')"
_IF_MARKED = "if data[13:15] == b'mk': "
_RECEIVED = "        received = self._reception.receive(data, address, door, now)\n"
_BOOKED = "        now = self._seconds()\n"
_TOLD = "        told = status.document(self.snapshot())\n"
_TYPE = '            (b"content-type", doh_request.MEDIA_TYPE),\n'


@frozen
class Leak:
    """Shows as a finding whose place and form begin with `shows`."""

    what: str
    group: int
    shows: str
    changes: tuple[Change, ...]

    def plant(self, code: Path) -> None:
        """Change a copy of the source; several leaks may change one line, each adds to it."""
        for file, old, new in self.changes:
            text = (code / file).read_text()
            assert old in text, f"{file}: the line is not there any more where {self.what!r} is planted: {old!r}"
            (code / file).write_text(text.replace(old, new, 1))


def _after(file: str, line: str, *more: str) -> Change:
    return file, line, line + "".join(f"{each}\n" for each in more)


def _before(file: str, line: str, *more: str) -> Change:
    return file, line, "".join(f"{each}\n" for each in more) + line


def _received(do: str) -> Change:
    """A datagram came that is not answered from the cache: `data` from `host`."""
    line = "            peer = (self, (name, source))\n"
    return _after(_UDP, line, "            host = socket.inet_ntop(self._sock.family, address)", f"            {do}")


def _raised(error: str) -> Change:
    """A query with two questions is no longer refused, but brings an error."""
    return _before(_CORE, _RECEIVED, "        if data[5:6] == b'\\2':", f"            raise {error}")


# The supervisor hears of a name, as `builtins.seen`.
_HEARD = (
    _received(_IF_MARKED + "self._pump.fault.__self__._send({'type': 'seen', 'what': " + _LABEL + "})"),
    _before(
        _POOL,
        '        if message.get("type") == "pong":\n',
        "        if message.get('type') == 'seen': __import__('builtins').seen = message['what']",
    ),
)
_SEEN = "getattr(__import__('builtins'), 'seen', 'none')"

LEAKS = (
    Leak(
        *("a log line", 1, "journal: ordinary (text)"),
        (_received("import sys; print('query', data, file=sys.stderr, flush=True)"),),
    ),
    Leak(
        *("a line to syslog", 1, "syslog: client (text)"),
        (_received("import syslog; syslog.syslog(f'query from {host}')"),),
    ),
    Leak(
        *("a file beside the product's", 1, "file tmp/seen: ordinary (text)"),
        (_received("open('/tmp/seen', 'ab').write(data)"),),
    ),
    Leak(
        *("a packet of its own", 1, "packet over wire to port 5555: ordinary (text)"),
        (_received("s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM); s.sendto(data, ('192.0.2.99', 5555))"),),
    ),
    Leak(
        *("a header of the notice page", 1, "notice page's header: page (hex)"),
        (
            (
                *(_RESPONSES, "self.page_head + self.page_body"),
                "self.page_head.replace(b'Connection:', b'X-Id: ' + bytes(request_head).hex().encode() + b'\\r\\nA:')"
                " + self.page_body",
            ),
        ),
    ),
    Leak(
        *("an answer of the control socket", 1, "control socket's answer: control (text)"),
        (
            _after(
                *(_CONTROL, "        if request is None or self._busy:\n"),
                "            self.transport.getHandle().send(line)",
            ),
        ),
    ),
    Leak(
        *("a series of sizes", 1, "/metrics: a series nobody documented: mamori_answer_bytes"),
        (
            _before(
                *(_METRICS, "        yield from _use(snapshot)\n"),
                "        yield _gauge('mamori_answer_bytes', 'Size of the last answer.', 512)",
            ),
        ),
    ),
    Leak(
        *("a label of a metric", 2, "/metrics: "),
        (*_HEARD, _before(_METRICS, '    yield _counter("mamori_faults"', f"    faults[{_SEEN}] = 1")),
    ),
    Leak(
        *("an echo in the notice page", 2, "notice page's body: page (text)"),
        ((_RESPONSES, "self.page_head + self.page_body", "self.page_head + self.page_body + request_head"),),
    ),
    Leak(
        *("a temporary file, removed at once", 2, "file var/tmp: written outside"),
        (_received("import tempfile; tempfile.NamedTemporaryFile(dir='/var/tmp').write(data)"),),
    ),
    Leak(
        *("a file in the state folder", 2, "file state/seen: ordinary (text)"),
        (
            _before(
                *(_WORKER, "        self._servers = [_server(upstream) for upstream in settings.servers]\n"),
                "        os.environ['SEEN'] = str(settings.state / 'seen')",
            ),
            _received("import os; open(os.environ['SEEN'], 'ab').write(data)"),
        ),
    ),
    Leak(
        *("the name of a process", 2, "/proc of the worker: comm: "),
        (_received(f"{_IF_MARKED}open('/proc/self/comm', 'w').write({_LABEL})"),),
    ),
    Leak(
        *("a header of a DoH answer", 2, "doh response headers: ordinary (hex)"),
        (_after(_HTTP2, _TYPE, "            (b'x-question', message[12:60].hex().encode()),"),),
    ),
    Leak(
        *("an exception's text", 3, "journal: broken (text)"),
        (_raised("ValueError(repr(data))"), _before(_FAULTS, _BOOKED, "        kind += repr(str(error))")),
    ),
    Leak(
        *("a client's address sent upstream", 3, "query to an upstream: EDNS option 8"),
        (
            _received("import builtins; builtins.last = address if len(address) == 4 else bytes(4)"),
            (
                *(_UPSTREAM, "        self.sock.send(query.data)\n"),
                "        last = getattr(__import__('builtins'), 'last', bytes(4))\n"
                "        self.sock.send(query.data[:-2] + bytes.fromhex('000c00080008' '00012000') + last)\n",
            ),
        ),
    ),
    Leak(
        *("the environment of a child", 3, "/proc of the stranger: environ: "),
        (_received(_IF_MARKED + "import subprocess; subprocess.Popen(['sleep', '9'], env={'LAST': " + _LABEL + "})"),),
    ),
    Leak(
        *("an argument of a command", 3, "/proc of the stranger: cmdline: "),
        (_received(_IF_MARKED + "import subprocess; subprocess.Popen(['sh', '-c', 'sleep 9', " + _LABEL + "])"),),
    ),
    Leak(
        *("a client's address in an answer", 3, "answer from port 53: client (text)"),
        (
            (
                *(_UDP, "                self._late.append((answer, name, source))\n"),
                "                host = socket.inet_ntop(self._sock.family, address)\n"
                "                self._late.append((answer + host.encode(), name, source))\n",
            ),
        ),
    ),
    Leak(
        *("the text of a warning", 4, "journal: ordinary (text)"),
        (
            _received(
                "import sys, warnings; sys.stderr.write(warnings.formatwarning(repr(data), UserWarning, 'udp.py', 1))"
            ),
        ),
    ),
    Leak(
        *("a line of the audit file", 4, "file state/audit.jsonl: exempt (text)"),
        ((_EXEMPTING, '"name": self._name_mac(name)}', '"name": name}'),),
    ),
    Leak(
        *("a field of the status", 4, "status: "),
        (*_HEARD, _after(_OBSERVER, _TOLD, f"        told['last'] = {_SEEN}")),
    ),
    Leak(
        *("a file in shared memory", 4, "file shm/seen: ordinary (text)"),
        (_received("open('/dev/shm/seen', 'ab').write(data)"),),
    ),
    Leak(
        *("a file in memory, without a name", 4, "nameless file of the worker: "),
        (_received(_IF_MARKED + "import os; os.write(os.memfd_create('buffer'), data)"),),
    ),
    Leak(
        *("a file beside the code", 4, "file seen.py: written beside the code"),
        (_received("open(__file__.replace('udp.py', 'seen.py'), 'ab').write(data)"),),
    ),
    Leak(
        *("a file that is replaced by another", 4, "announced: ordinary (text)"),
        (
            _received(
                "import os; old, new = (f'/tmp/{word}{os.getpid()}' for word in ('old', 'new'));"
                " open(old, 'wb').write(data); open(new, 'wb').close(); os.replace(new, old)"
            ),
        ),
    ),
    Leak(
        *("where a link leads", 4, "file tmp/link"),
        (
            _received(
                f"{_IF_MARKED}import os; link = f'/tmp/link{{os.getpid()}}';"
                f" os.path.lexists(link) or os.symlink({_LABEL}, link)"
            ),
        ),
    ),
    Leak(
        *("a shortened hash of a whole name", 4, "journal: ordinary (hex of sha1 of wire)"),
        (
            _received(
                "import hashlib, sys; wire = bytes(data[12 : data.find(0, 12) + 1]).lower();"
                " print(hashlib.sha1(wire).hexdigest()[:16], file=sys.stderr, flush=True)"
            ),
        ),
    ),
    Leak(
        *("the neighbourhood of a client", 5, "syslog: client (text)"),
        (_received("import syslog; syslog.syslog(host.rpartition('.')[0] + '.0/24')"),),
    ),
    Leak(
        *("a datagram in a cipher of its own", 5, "packet over wire to port 5556: to a stranger"),
        (
            _received(
                "s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM);"
                " s.sendto(bytes(b ^ 85 for b in data), ('192.0.2.99', 5556))"
            ),
        ),
    ),
    Leak(
        *("a name below another one, asked upstream", 5, "query to an upstream: a name below another zone"),
        (
            _before(
                *(_UPSTREAM, "        self.sock.send(query.data)\n"),
                "        end = 12 + query.data[12:].find(0)",
                "        self.sock.send(query.data[:end] + b'\\x04test' + query.data[end:])",
            ),
        ),
    ),
    Leak(
        *("locals in a traceback", 5, "journal: broken (text)"),
        (
            _raised("ValueError(1)"),
            _before(
                *(_FAULTS, _BOOKED),
                "        import sys, traceback",
                "        told = traceback.TracebackException.from_exception(error, capture_locals=True)",
                "        print(''.join(told.format()), file=sys.stderr, flush=True)",
            ),
        ),
    ),
    Leak(
        *("a line of the notice process", 5, "journal: client (text)"),
        (
            _after(
                *(_NOTICE, "        self._answered = True\n"),
                "        import sys; visitor = socket.socket(fileno=os.dup(self.transport.fileno()))",
                "        print(visitor.getpeername(), file=sys.stderr, flush=True)",
            ),
        ),
    ),
)
