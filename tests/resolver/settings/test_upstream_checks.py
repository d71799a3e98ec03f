"""What upstreams and forward sets must say together."""

from __future__ import annotations

from pathlib import Path

import pytest

from resolver.settings.upstream_checks import upstream_file_faults
from tests.resolver.settings.samples import faults_of, full, read
from tests.support.certificates import authority

STUB = {"zones": ["corp.example"], "upstreams": [{"address": "192.0.2.99:53"}]}


def test_a_forward_set_has_zones_and_servers() -> None:
    """An empty one would do nothing, or answer nothing."""
    faults = faults_of(full() | {"forward": [{"zones": [], "upstreams": []}]})
    assert "at least one zone" in faults["forward[0].zones"]
    assert "at least one server" in faults["forward[0].upstreams"]


def test_a_zone_stands_in_one_set() -> None:
    """Twice in one set or in two: nobody could tell which holds."""
    assert "forward[0]" in faults_of(full() | {"forward": [STUB, STUB]})["forward[1].zones"]
    twice = STUB | {"zones": ["corp.example", "CORP.example."]}
    assert "keep one" in faults_of(full() | {"forward": [twice]})["forward[0].zones"]


def test_a_server_is_described_in_one_way() -> None:
    """Its health and its label are one, so its settings are."""
    data = full() | {"forward": [STUB | {"upstreams": [full()["upstreams"][0] | {"trust_ad": False}]}]}
    assert "upstreams[0]" in faults_of(data)["forward[0].upstreams[0]"]
    assert read(full() | {"forward": [STUB | {"upstreams": full()["upstreams"]}]}).servers == read(full()).servers


@pytest.mark.parametrize(
    ("listening", "asked"),
    [
        ("192.0.2.1:53", "192.0.2.1:53"),
        ("0.0.0.0:53", "127.0.0.1:53"),
        ("[::]:53", "[::1]:53"),
        ("127.0.0.1:53", "0.0.0.0:53"),
    ],
)
def test_it_does_not_ask_itself(listening: str, asked: str) -> None:
    """A loop, by default or for one zone, also by way of a wildcard address; another port is another server."""
    servers = [{"address": asked}]
    assert "itself" in faults_of(full() | {"listen": [listening], "upstreams": servers})["upstreams[0].address"]
    stub = STUB | {"upstreams": servers}
    assert "itself" in faults_of(full() | {"listen": [listening], "forward": [stub]})["forward[0].upstreams[0].address"]
    elsewhere = [{"address": asked.replace(":53", ":5353")}]
    assert read(full() | {"listen": [listening], "views": [], "upstreams": elsewhere})


def test_files_of_authorities_are_looked_at(tmp_path: Path) -> None:
    """Missing, no PEM, sound."""
    (tmp_path / "text.pem").write_text("hello")
    found = {}
    for name, path in {
        "sound": authority(tmp_path).pem,
        "missing": tmp_path / "missing.pem",
        "no PEM": tmp_path / "text.pem",
    }.items():
        secure = {"address": "192.0.2.53:853", "tls": {"name": "dns.example", "ca": str(path)}}
        found[name] = [str(fault) for fault in upstream_file_faults(read(full() | {"upstreams": [secure]}))]
    assert found["sound"] == []
    assert found["missing"] == [
        f"upstreams[0].tls.ca: cannot read {tmp_path / 'missing.pem'}: No such file or directory"
    ]
    assert "holds no certificate" in found["no PEM"][0]
