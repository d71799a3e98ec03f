"""Views in words."""

from __future__ import annotations

from resolver.settings.view_words import REST, view_documents, view_lines
from tests.resolver.settings.samples import full, read

_TEXT = {"ja": "見本", "en": "sample"}


def test_each_view_says_who_meets_what() -> None:
    """Lists in configuration order with the notice they show there; many prefixes are counted."""
    data = full()
    data["lists"].append(data["lists"][0] | {"id": "other"})
    data["notices"]["west"] = {"ipv4": "192.0.2.2", "isp": _TEXT, "body": _TEXT}
    data["views"] = [
        {"name": "mail", "from": [f"10.0.0.{number}/32" for number in range(5)], "lists": []},
        {"name": "west", "listen": ["127.0.0.1:5300"], "notices": {"other": "west"}},
    ]
    documents = view_documents(read(data))
    assert documents[1] == {
        "name": "west",
        "from": [],
        "listen": ["127.0.0.1:5300"],
        "lists": ["demo", "other"],
        "notices": {"demo": "default", "other": "west"},
    }
    assert view_lines(documents) == [
        "view mail · from 10.0.0.0/32, 10.0.0.1/32, 10.0.0.2/32 and 2 more · NO LISTS",
        "view west · at 127.0.0.1:5300 · demo (notice default), other (notice west)",
        REST,
    ]


def test_without_notices_lists_stand_alone() -> None:
    """With dns-only answers no page is shown; without views there is nothing to say."""
    data = full() | {"answer": {"mode": "dns-only"}, "views": [{"name": "v", "from": ["::/0"]}]}
    assert view_lines(view_documents(read(data)))[0] == "view v · from ::/0 · demo"
    assert view_lines(view_documents(read(full()))) == []
