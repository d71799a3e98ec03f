"""What is a question over HTTPS, and which status says that it is none."""

from __future__ import annotations

import base64

import pytest
from hypothesis import given
from hypothesis import strategies as st

from resolver.edge.limits import DohLimits
from resolver.edge.serving.doh_request import Head, Refusal, check_message, read_head

LIMITS = DohLimits(message_bytes=512, header_bytes=4096)
QUERY = bytes.fromhex("0000 0100 0001 0000 0000 0000 09 6c6f63616c686f7374 00 0001 0001")
KIND = (b"content-type", b"application/dns-message")


def text(message: bytes) -> bytes:
    return base64.urlsafe_b64encode(message).rstrip(b"=")


def head(method: bytes, target: bytes, *more: tuple[bytes, bytes]) -> Head:
    fields = [(b":method", method), (b":scheme", b"https"), (b":authority", b"resolver.test"), (b":path", target)]
    return read_head([*fields, *more], b"/dns-query", LIMITS)


def refused(method: bytes, target: bytes, *more: tuple[bytes, bytes]) -> int:
    with pytest.raises(Refusal) as caught:
        head(method, target, *more)
    return caught.value.status


@given(st.binary(min_size=12, max_size=512).filter(lambda message: not message[2] & 0x80))
def test_a_get_brings_its_message_whole(message: bytes) -> None:
    """Whatever its length, without padding characters; HEAD asks the same."""
    assert head(b"GET", b"/dns-query?dns=" + text(message)) == Head(False, message, False)
    assert head(b"HEAD", b"/dns-query?dns=" + text(message)) == Head(True, message, False)


def test_what_a_browser_says_of_itself_does_not_come_through() -> None:
    """Cookie, browser, languages, and the page it comes from: the question is the same as without, and all there is."""
    told = [
        (b"cookie", b"id=1"),
        (b"user-agent", b"browser"),
        (b"accept-language", b"ja"),
        (b"referer", b"https://www.example/"),
        (b"x-forwarded-for", b"192.0.2.1"),
    ]
    target = b"/dns-query?dns=" + text(QUERY)
    assert head(b"GET", target, *told) == head(b"GET", target) == Head(False, QUERY, False)
    assert head(b"POST", b"/dns-query", KIND, *told) == head(b"POST", b"/dns-query", KIND) == Head(False, None, False)


def test_other_variables_are_not_ours_to_judge() -> None:
    """Only `dns` counts."""
    assert head(b"GET", b"/dns-query?a=1&dns=" + text(QUERY) + b"&b").message == QUERY


@pytest.mark.parametrize(
    "query",
    [
        b"",
        b"dns",
        b"dns=",
        b"dns=" + base64.urlsafe_b64encode(QUERY + b"\0"),  # padded
        b"dns=" + text(QUERY) + b"!",
        b"dns=" + text(QUERY) + b"%3D",
        b"dns=A",
        b"dns=" + text(QUERY[:11]),
        b"dns=" + text(QUERY[:2] + b"\x80" + QUERY[3:]),
        b"dns=" + text(QUERY) + b"&dns=" + text(QUERY),
        b"DNS=" + text(QUERY),
    ],
    ids=["none", "bare", "empty", "padded", "stray", "escaped", "one sextet", "short", "a response", "two", "case"],
)
def test_a_get_without_one_good_message_is_400(query: bytes) -> None:
    """RFC 8484 section 6: base64url without padding, and a query in it."""
    assert refused(b"GET", b"/dns-query?" + query) == 400


@pytest.mark.parametrize("target", [b"/", b"/dns-query/", b"/dns-quer", b"*", b"//dns-query", b"/DNS-QUERY", b""])
@pytest.mark.parametrize("method", [b"GET", b"POST", b"PUT"])
def test_every_other_path_is_404(target: bytes, method: bytes) -> None:
    """Whatever the method."""
    assert refused(method, target + b"?dns=" + text(QUERY), KIND) == 404


@pytest.mark.parametrize("method", [b"PUT", b"DELETE", b"OPTIONS", b"TRACE", b"get", b"BREW"])
def test_other_methods_are_405(method: bytes) -> None:
    """Methods are written in capitals."""
    assert refused(method, b"/dns-query", KIND) == 405


def test_connect_without_a_path_is_404() -> None:
    """It has no path (RFC 9113 section 8.5)."""
    with pytest.raises(Refusal) as caught:
        read_head([(b":method", b"CONNECT"), (b":authority", b"a.test:1")], b"/dns-query", LIMITS)
    assert caught.value.status == 404


@pytest.mark.parametrize("kind", [b"application/dns-message", b"Application/DNS-Message; charset=x"])
def test_a_post_brings_its_message_in_the_body(kind: bytes) -> None:
    """Parameters of the media type mean nothing."""
    assert head(b"POST", b"/dns-query", (b"content-type", kind)) == Head(False, None, False)


@pytest.mark.parametrize("more", [(), ((b"content-type", b"application/dns-json"),), ((b"content-type", b"text"),)])
def test_a_post_of_another_kind_is_415(more: tuple[tuple[bytes, bytes], ...]) -> None:
    """Or of none."""
    assert refused(b"POST", b"/dns-query", *more) == 415


@pytest.mark.parametrize(
    ("length", "status"), [(b"513", 413), (b"9" * 3000, 413), (b"x", 400), (b"-1", 400), ("²".encode(), 400)]
)
def test_a_body_announced_too_long_is_not_waited_for(length: bytes, status: int) -> None:
    """413; a length that is no number is 400."""
    assert refused(b"POST", b"/dns-query", KIND, (b"content-length", length)) == status


def test_a_client_that_waits_for_100_is_told_so() -> None:
    """RFC 9110 section 10.1.1."""
    assert head(b"POST", b"/dns-query", KIND, (b"expect", b"100-Continue")).waits_to_send


def test_a_message_too_long_for_a_url_is_414_and_for_all_headers_431() -> None:
    """A client can tell what was too much."""
    assert refused(b"GET", b"/dns-query?dns=" + text(bytes(600))) == 414
    assert refused(b"GET", b"/dns-query?dns=" + text(QUERY), (b"x", b"y" * 4000)) == 431


@pytest.mark.parametrize("body", [b"", QUERY[:11], QUERY[:2] + b"\x80" + QUERY[3:]])
def test_a_body_that_is_no_query_is_400(body: bytes) -> None:
    """Too short, or a response."""
    with pytest.raises(Refusal) as caught:
        check_message(body)
    assert caught.value.status == 400


@given(st.lists(st.tuples(st.binary(max_size=20), st.binary(max_size=40)), max_size=8), st.binary(max_size=60))
def test_any_header_section_is_a_head_or_a_refusal(fields: list[tuple[bytes, bytes]], query: bytes) -> None:
    """Never another exception."""
    try:
        read_head([(b":method", b"GET"), (b":path", b"/dns-query?" + query), *fields], b"/dns-query", LIMITS)
    except Refusal as refusal:
        assert 400 <= refusal.status < 500
