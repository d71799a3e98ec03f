"""`mamori notice preview` serving on loopback: the real command, visited."""

from __future__ import annotations

import re
import signal
import urllib.error
import urllib.request
from pathlib import Path

import pytest
import yaml

from resolver.cli.notice.pages import pages
from tests.resolver.settings.samples import full, read
from tests.support.daemon import MAMORI
from tests.support.processes import Child

pytestmark = pytest.mark.daemon


def test_each_page_is_served_on_a_port_of_its_own(tmp_path: Path) -> None:
    """What a browser gets is the page's very bytes, with its status; an interrupt ends the command."""
    config = tmp_path / "resolver.yaml"
    config.write_text(yaml.safe_dump(full()))
    (tmp_path / "demo-root.json").write_text("{}")
    heard = ["env", "--default-signal=INT"]  # where tests run in the background nobody hears an interrupt
    child = Child([*heard, MAMORI, "notice", "preview", "--config", str(config)], tmp_path / "preview.out")
    try:
        child.wait_for(lambda: "Ctrl-C" in child.text(), "preview")
        served = re.findall(r"^(.*): (http://127\.0\.0\.1:\d+/)$", child.text(), re.M)
        expected = pages(read(full()))
        assert [name for name, _ in served] == [str(page) for page in expected]
        for (_, url), page in zip(served, expected, strict=True):
            asked = urllib.request.Request(url + "any/path", headers={"Accept": "text/html"})
            with pytest.raises(urllib.error.HTTPError) as answer:
                urllib.request.urlopen(asked, timeout=20)
            with answer.value as page_answer:
                assert (page_answer.code, page_answer.read()) == (403, page.responses.page_body)
        child.process.send_signal(signal.SIGINT)
        assert child.process.wait(20) == 0
    finally:
        child.stop()
