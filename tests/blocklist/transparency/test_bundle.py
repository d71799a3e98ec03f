"""The yearly review bundle."""

import json
import subprocess
from datetime import date
from pathlib import Path

import pytest

from blocklist.errors import OperatorFault
from blocklist.transparency.bundle import Bundle, Part, report_part, write_bundle
from blocklist.transparency.text import Text
from tests.blocklist.transparency.support import HOSTILE, isp_report

NAME = Text("例示通信", "Example " + HOSTILE)


def bundle() -> Bundle:
    other = Part(Text("記録", "Record"), {"record/log.jsonl": b"{}\n"}, "record/log.jsonl")
    return Bundle(
        publisher=NAME, year=2026, made_on=date(2027, 1, 8), reports=[report_part(isp_report())], others=[other]
    )


def test_every_file_is_named_with_its_hash(tmp_path: Path) -> None:
    """`sha256sum --check` finds every file as the manifest has it, and nothing else lies there."""
    written = write_bundle(bundle(), tmp_path / "b")
    checked = subprocess.run(
        ["sha256sum", "--check", "--strict", "SHA256SUMS"], cwd=tmp_path / "b", capture_output=True, check=False
    )
    assert checked.returncode == 0, checked.stdout
    named = {line.split("  ")[1] for line in (tmp_path / "b" / "SHA256SUMS").read_text().splitlines()}
    files = {str(path.relative_to(tmp_path / "b")) for path in written}
    assert files == {*named, "SHA256SUMS"}
    manifest = json.loads((tmp_path / "b" / "manifest.json").read_text("utf-8"))
    assert {one["path"] for one in manifest["files"]} == named - {"manifest.json"}
    assert "reports/2026/report.html" in named


def test_cover_leads_to_every_part() -> None:
    """The cover, Japanese first, leads to files of the bundle, asks for nothing and escapes what it is given."""
    files = bundle().files()
    cover = files["index.html"].decode()
    assert cover.index('lang="ja"') < cover.index('<article id="en"')
    for path in ("reports/2026/report.html", "record/log.jsonl"):
        assert cover.count(f'href="{path}"') == 2
        assert path in files
    assert HOSTILE not in cover
    assert "<script" not in cover


def test_same_parts_same_bytes() -> None:
    """Two runs give the same files."""
    assert bundle().files() == bundle().files()


def test_no_mixture(tmp_path: Path) -> None:
    """A folder with something in it is refused, and left as it was."""
    (tmp_path / "old").write_text("x")
    with pytest.raises(OperatorFault, match="not empty"):
        write_bundle(bundle(), tmp_path)
    assert [path.name for path in tmp_path.iterdir()] == ["old"]
