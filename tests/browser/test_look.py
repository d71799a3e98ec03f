"""Our eyes can see: a page with one fault of each kind, looked at as the notice page and the reports are.

Without this, an empty list of findings would prove nothing.
"""

from __future__ import annotations

import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
from attrs import evolve

from tests.support.browser import NARROW, View, all_loaded, look, validate

pytestmark = [pytest.mark.peers, pytest.mark.timeout(300)]

PAGE = """<!DOCTYPE html>
<html>
<head><title>Faulty</title></head>
<body style="background: #fff">
<h1>One</h1><h3>Three</h3>
<p style="color: #ccc">too pale</p>
<div style="width: 900px">too wide</div>
<img src="/picture.png">
<script>console.log("a script ran")</script>
</body>
</html>
"""


class _Faulty(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        self.send_response(200)
        self.send_header("Content-Type", "text/html")
        self.send_header("Set-Cookie", "seen=1")
        self.end_headers()
        self.wfile.write(PAGE.encode())

    def log_message(self, *_: object) -> None:
        return


@pytest.fixture
def url() -> Iterator[str]:
    server = ThreadingHTTPServer(("127.0.0.1", 0), _Faulty)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
    thread.start()
    yield f"http://127.0.0.1:{server.server_address[1]}/"
    server.shutdown()
    server.server_close()
    thread.join()


def test_each_fault_is_seen(url: str, tmp_path: Path) -> None:
    """Contrast, language, headings, alternatives, another request, a cookie, a script, too wide a page, a low score."""
    shot = tmp_path / "faulty.png"
    wanted = [
        View(name="faulty", url=url, width=NARROW, axe=True, screenshot=str(shot)),
        View(name="nobody", url="http://127.0.0.1:1/", may_fail=True),
    ]
    seen = look(wanted, lighthouse=[url], seconds=240)
    page = seen.pages["faulty"]
    found = {violation["id"] for violation in page["axe"]["violations"]}
    assert found >= {"color-contrast", "html-has-lang", "heading-order", "image-alt"}
    assert page["requests"] == [url, url + "picture.png"]
    assert [cookie["name"] for cookie in page["cookies"]] == ["seen"]
    assert "a script ran" in page["console"]
    assert page["scrollWidth"] > page["width"] == NARROW
    assert shot.stat().st_size > 1000
    assert seen.pages["nobody"]["fault"]
    assert seen.lighthouse[url]["score"] < 1
    with pytest.raises(AssertionError, match="nobody"):
        all_loaded([evolve(each, may_fail=False) for each in wanted], seen)


def test_unsound_html_is_seen(tmp_path: Path) -> None:
    """html-validate names the rule and the line."""
    file = tmp_path / "faulty.html"
    file.write_text(PAGE)
    rules = {finding["rule"]: finding["line"] for finding in validate(file)}
    assert rules["heading-level"] == 5
    assert {"no-inline-style", "element-required-attributes"} & rules.keys()
