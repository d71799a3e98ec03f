"""One canonical spelling of a URL."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from blocklist.errors import EntryFault
from blocklist.urls import CanonicalUrl, canonical_url


@pytest.mark.parametrize(
    ("written", "url"),
    [
        ("HTTP://Blk.Example:80/a/./b/../c#x", "http://blk.example/a/c"),
        ("https://blk.example:443", "https://blk.example/"),
        ("https://blk.example:80/", "https://blk.example:80/"),
        ("http://blk.example/%7euser/%c3%a9%2f", "http://blk.example/~user/%C3%A9%2F"),
        ("http://blk.example/a/%2e%2E/b?100%", "http://blk.example/b?100%"),
        ("http://blk.example/%257e", "http://blk.example/%257e"),
        ("http://blk.example/é", "http://blk.example/%C3%A9"),
        ("http://blk.example/?q=%7e&Q=%2f", "http://blk.example/?q=%7e&Q=%2f"),
        ("http://blk.example/a?", "http://blk.example/a?"),
        ("http:\\\\blk.example\\a", "http://blk.example/a"),
        ("http://bücher.example/", "http://xn--bcher-kva.example/"),
        ("http://0x7f.1/", "http://127.0.0.1/"),
        ("http://[2001:DB8:0::1]/", "http://[2001:db8::1]/"),
        ("blk.example", "blk.example/"),
        ("blk.example:80/a", "blk.example:80/a"),
        ("blk.example:443/a", "blk.example:443/a"),
        ("blk.example:8080/a#x?y", "blk.example:8080/a"),
    ],
)
def test_the_many_ways_of_writing_a_url_become_one(written: str, url: str) -> None:
    """As a browser reads it, with the rules of the list format on top, and stable from then on."""
    assert str(canonical_url(written)) == url
    assert canonical_url(url) == canonical_url(written)


@pytest.mark.parametrize(
    ("written", "reason"),
    [
        ("ftp://blk.example/", "bad_scheme"),
        ("http://", "bad_url"),
        ("http://blk.example:99999/", "bad_url"),
        ("http://user@blk.example/", "userinfo"),
        ("user:secret@blk.example/", "userinfo"),
        ("http://1.2.3.4.5/", "bad_url"),
        ("http://blk..example/", "empty_label"),
        ("http://blk.example/" + "a" * 2048, "long_path"),
        ("http://blk.example/%%37e", "bad_escape"),
        ("http://blk.example/100%", "bad_escape"),
    ],
)
def test_what_is_no_listable_url_is_refused_with_a_reason(written: str, reason: str) -> None:
    """Each rule has its own word."""
    with pytest.raises(EntryFault) as caught:
        canonical_url(written)
    assert caught.value.reason == reason


def test_a_url_shows_no_name_in_its_repr() -> None:
    """Neither host nor path can slip into a traceback."""
    assert "blk" not in repr(canonical_url("http://blk.example/blk?blk"))


def test_no_scheme_means_both_schemes() -> None:
    """A URL without a scheme has none in its parts, and a port only if it was written."""
    assert canonical_url("blk.example/a?b") == CanonicalUrl(None, "blk.example", None, "/a", "b")


@given(st.text(max_size=60).map(lambda text: f"http://blk.example/{text}") | st.text(max_size=60))
def test_canonical_urls_are_stable(text: str) -> None:
    """Whatever is accepted is its own canonical form; everything else is an EntryFault."""
    try:
        url = canonical_url(text)
    except EntryFault:
        return
    assert canonical_url(str(url)) == url
