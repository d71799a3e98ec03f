"""The publisher's guards."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest

from blocklist import matchfile
from blocklist.attributes import Attributes
from blocklist.errors import OperatorFault
from blocklist.manifest import Bulk
from blocklist.publish.review import checks
from tests.blocklist.publish.support import NOW, entry

RULES = checks.make_rules("body.example", ["www.popular.example"], NOW.date())


@pytest.mark.parametrize(
    ("name", "kind", "guard"),
    [
        ("co.jp", "domain", "public_suffix"),
        ("jp", "host", "public_suffix"),
        ("anything.ck", "host", "public_suffix"),  # a wildcard rule
        ("unknown-tld", "host", "public_suffix"),
        ("popular.example", "domain", "never_list"),
        ("www.popular.example", "host", "never_list"),
        ("a.root-servers.net", "host", "never_list"),
    ],
)
def test_a_name_that_would_hurt_many_is_found(name: str, kind: str, guard: str) -> None:
    """Public suffixes by rule, never-listed names and their parents."""
    one = entry(name, type=kind)
    (finding,) = checks.check_entries([one], RULES).findings
    assert (finding.guard, finding.count, finding.ids) == (guard, 1, (one.id,))
    assert finding.advice


def test_self_test_names_belong_to_the_body() -> None:
    """Under its own domain they pass, elsewhere and without one they do not."""
    own, foreign = entry("self.body.example", test=True), entry("self.other.example", test=True)
    (finding,) = checks.check_entries([own, foreign], RULES).findings
    assert (finding.guard, finding.ids) == ("self_test_domain", (foreign.id,))
    without = checks.make_rules(None, [], NOW.date())
    assert checks.check_entries([own], without).findings[0].ids == (own.id,)


def test_urls_are_guarded_by_host_only_where_dns_blocks_it() -> None:
    """A url without dns_ok is reported as not enforceable and never widened."""
    plain = entry("co.jp", type="url", path="/", path_match="exact")
    devoted = entry("co.jp", type="url", path="/", path_match="exact", dns_ok=True)
    report = checks.check_entries([plain, devoted], RULES)
    assert report.not_enforceable == (plain.id,)
    assert [finding.ids for finding in report.findings] == [(devoted.id,)]


def test_expiries_are_noted() -> None:
    """Past and near."""
    past = entry("co.jp", not_after=NOW.date() - timedelta(days=1))
    near = entry("near.example", not_after=NOW.date() + timedelta(days=7))
    report = checks.check_entries([past, near, entry("far.example")], RULES)
    assert (report.entries, report.expired, report.expiring, report.findings) == (3, (past.id,), (near.id,), ())


def test_the_never_list_file_is_read_and_its_faults_named(tmp_path: Path) -> None:
    """By line, without the text."""
    assert checks.read_never_names(tmp_path) == []
    (tmp_path / "never.txt").write_text("# popular\nWWW.Popular.Example.\n\n")
    assert checks.read_never_names(tmp_path) == ["www.popular.example"]
    (tmp_path / "never.txt").write_text("ok.example\nbad..name\n")
    with pytest.raises(OperatorFault, match=r"never\.txt line 2: empty label"):
        checks.read_never_names(tmp_path)


def test_the_size_guard_is_asked_as_every_isp_will() -> None:
    """Adds, removals and changed attributes; an announcement lets its numbers pass; a first version has no guard."""
    old = matchfile.build((bytes([number]) * 16, Attributes(9, 0)) for number in range(100))
    kept = [(bytes([number]) * 16, Attributes(9 if number else 8, 0)) for number in range(70)]
    new = matchfile.build([*kept, *((bytes([number]) * 16, Attributes(9, 0)) for number in range(150, 210))])
    size = checks.check_size(old, new, None)
    assert (size.published, size.records, size.adds, size.removals, size.updates) == (100, 130, 60, 30, 1)
    assert [(finding.guard, finding.count) for finding in size.findings] == [("adds", 60), ("removals", 30)]
    assert size.advice.startswith("every ISP holds 60 additions; the size guard lets fewer pass")
    lifted = checks.check_size(old, new, Bulk(2, 60, 30))
    assert (lifted.announced, lifted.findings) == ((60, 30), ())
    assert lifted.advice == "every ISP's size guard lets this pass"
    first = checks.check_size(None, new, None)
    assert (first.published, first.adds, first.findings) == (0, 130, ())
