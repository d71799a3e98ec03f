"""A report on disk."""

from pathlib import Path

from blocklist.transparency.write import write_report
from tests.blocklist.transparency.support import isp_report


def test_three_files_for_everybody(tmp_path: Path) -> None:
    """Page, document and table lie in the folder, readable by all, and a second run changes no byte."""
    written = write_report(isp_report(), tmp_path / "a" / "b")
    assert [path.name for path in written] == ["report.html", "report.json", "figures.csv"]
    assert all(path.stat().st_mode & 0o777 == 0o644 for path in written)
    before = [path.read_bytes() for path in written]
    write_report(isp_report(), tmp_path / "a" / "b")
    assert [path.read_bytes() for path in written] == before
    assert len(list((tmp_path / "a" / "b").iterdir())) == 3
