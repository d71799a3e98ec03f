"""The two constant answers of a notice, read as a browser would read them."""

from __future__ import annotations

import base64
import hashlib
import re
from typing import Any

import pytest

from resolver.edge.notice.responses import NoticeResponses, context_of, names_html
from tests.resolver.edge.notice.notices import responses
from tests.resolver.settings.samples import full, read


def _headers(made: NoticeResponses) -> tuple[str, dict[str, str]]:
    lines = made.page_head.decode("ascii").split("\r\n")
    assert lines[-2:] == ["", ""]
    return lines[0], dict(line.lower().split(": ", 1) for line in lines[1:-2])


def test_headers_of_the_page() -> None:
    """Not stored, not indexed, not sniffed, no referrer, no cookie, closed afterwards."""
    made = responses()
    status, headers = _headers(made)
    assert status == "HTTP/1.1 403 Forbidden"
    assert headers["content-length"] == str(len(made.page_body))
    assert headers["content-type"] == "text/html; charset=utf-8"
    assert headers["cache-control"] == "no-store"
    assert headers["referrer-policy"] == "no-referrer"
    assert headers["x-content-type-options"] == "nosniff"
    assert headers["x-robots-tag"] == "noindex"
    assert headers["connection"] == "close"
    assert not headers.keys() & {"set-cookie", "strict-transport-security", "server", "date", "link"}


def test_the_policy_allows_the_one_style_and_nothing_else() -> None:
    """The hash in Content-Security-Policy is that of the style on the page."""
    made = responses()
    style = re.search(r"<style>(.*?)</style>", made.page_body.decode(), re.DOTALL)
    assert style
    digest = base64.b64encode(hashlib.sha256(style[1].encode()).digest()).decode()
    policy = _headers(made)[1]["content-security-policy"]
    assert policy.startswith(f"default-src 'none'; style-src 'sha256-{digest.lower()}'")


def test_under_law_the_status_is_451_and_names_who_blocks() -> None:
    """RFC 7725: 451 with a Link to the ISP's policy, which cannot break the header."""
    made = responses(status=451, blocked_by='https://isp.example/a>b"c')
    status, headers = _headers(made)
    assert status == "HTTP/1.1 451 Unavailable For Legal Reasons"
    assert headers["link"] == '<https://isp.example/a%3eb%22c>; rel="blocked-by"'
    assert made.empty_head.startswith(b"HTTP/1.1 451 ")


@pytest.mark.parametrize(
    ("head", "expected"),
    [
        (b"GET / HTTP/1.1\r\nAccept: text/html,*/*;q=0.8\r\n\r\n", True),
        (b"GET / HTTP/1.1\r\nhost: x.test\r\naccept:TEXT/HTML;q=0.9\r\n\r\n", True),
        (b"GET / HTTP/1.1\r\nAccept: image/avif\r\nAccept: text/html\r\n\r\n", True),
        (b"GET / HTTP/1.1\r\nAccept: image/avif,image/*,*/*;q=0.8\r\n\r\n", False),
        (b"GET / HTTP/1.1\r\nAccept: text/htmlx\r\n\r\n", False),
        (b"GET /?Accept: text/html HTTP/1.1\r\nX-Accept: text/html\r\n\r\n", False),
        (b"GET / HTTP/1.0\r\n\r\n", False),
        (b"\x16\x03\x01\x00", False),
        (b"", False),
    ],
)
def test_only_accept_decides(head: bytes, expected: bool) -> None:
    """A picture request never gets the page; a browser's visit does."""
    assert names_html(head) is expected


def test_the_answers_are_constant() -> None:
    """Whatever host, path, method or header is sent, one of the constants comes back; HEAD gets the head of one."""
    made = responses()
    accept = b"Accept: text/html\r\n\r\n"
    page = made.page_head + made.page_body
    assert made.answer(b"GET /secret HTTP/1.1\r\nHost: secret.example\r\n" + accept) == page
    assert made.answer(b"POST / HTTP/1.1\r\n" + accept) == page
    assert made.answer(b"HEAD / HTTP/1.1\r\n" + accept) == made.page_head
    assert made.answer(b"GET / HTTP/1.1\r\nAccept: image/png\r\n\r\n") == made.empty_head
    assert made.empty_head.endswith(b"Content-Length: 0\r\n\r\n")


def test_a_page_names_the_lists_that_lead_to_it() -> None:
    """Its own lists, and those a view shows it for; never another's, and the terms beside them."""
    data: dict[str, Any] = full()
    data["notices"]["other"] = data["notices"]["default"] | {"ipv4": "192.0.2.2"}
    data["lists"].append(data["lists"][0] | {"id": "second", "notice": "other"})
    data["views"] = [{"name": "schools", "from": ["10.0.0.0/8"], "notices": {"demo": "other"}}]
    settings = read(data)
    shown = {name: context_of(settings, name, no_record=False) for name in settings.notices}
    assert {name: context.list_ids for name, context in shown.items()} == {
        "default": ("demo",),
        "other": ("demo", "second"),
    }
    assert all(context.terms == settings.terms and not context.no_record for context in shown.values())
    assert context_of(settings, "default", no_record=True).no_record
