"""Which servers a list is taken from, and what this host shows them, against a real TLS server."""

from __future__ import annotations

from pathlib import Path

import pytest
from attrs import evolve

from blocklist.errors import OperatorFault, TransferFault
from blocklist.trust.outcome import Kind, ListSource
from blocklist.trust.reasons import Reason
from blocklist.trust.subscription import Subscription
from blocklist.trust.transfer.tls import TlsFiles
from blocklist.trust.transfer.transport import HttpTransport
from tests.blocklist.trust.certificates import self_signed, tls_server
from tests.blocklist.trust.conftest import KEYS, PATIENT, Isp
from tests.blocklist.trust.list_body import LIST_ID, PURPOSE, ListBody, names

FILES = {"/file": b"sealed"}


@pytest.fixture(scope="module")
def pems(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    folder = tmp_path_factory.mktemp("pems")
    made = {name: self_signed(folder / f"{name}.pem") for name in ("server", "client", "stranger")}
    return made | {"locked": self_signed(folder / "locked.pem", b"secret")}


def fetch(url: str, tls: TlsFiles) -> bytes:
    transport = HttpTransport(PATIENT, tls=tls)
    try:
        return transport.get(url + "file", 10).body
    finally:
        transport.close()


def test_only_a_known_authority_is_believed(pems: dict[str, Path]) -> None:
    """A certificate of an authority that the system does not know is refused, and taken once `ca` names it."""
    with tls_server(FILES, pems["server"]) as url:
        for tls in (TlsFiles(), TlsFiles(ca=pems["stranger"])):
            with pytest.raises(TransferFault) as caught:
                fetch(url, tls)
            assert caught.value.code == "tls"
        assert fetch(url, TlsFiles(ca=pems["server"])) == b"sealed"


def test_client_certificate_opens_the_door(pems: dict[str, Path]) -> None:
    """A mirror for subscribers only serves who shows its certificate, and nobody else."""
    with tls_server(FILES, pems["server"], clients=pems["client"]) as url:
        known = TlsFiles(pems["server"], pems["client"], pems["client"])
        assert fetch(url, known) == b"sealed"
        for other in (TlsFiles(pems["server"]), TlsFiles(pems["server"], pems["stranger"], pems["stranger"])):
            with pytest.raises(TransferFault) as caught:
                fetch(url, other)
            assert caught.value.code in ("tls", "cut")  # in TLS 1.3 the refusal may come after the request


def test_renewed_certificate_needs_no_restart(pems: dict[str, Path], tmp_path: Path) -> None:
    """The files are read again when connections are made anew."""
    shown = tmp_path / "shown.pem"
    shown.write_bytes(pems["stranger"].read_bytes())
    transport = HttpTransport(PATIENT, tls=TlsFiles(pems["server"], shown, shown))
    with tls_server(FILES, pems["server"], clients=pems["client"]) as url:
        with pytest.raises(TransferFault):
            transport.get(url + "file", 10)
        transport.close()
        shown.write_bytes(pems["client"].read_bytes())
        assert transport.get(url + "file", 10).body == b"sealed"
    transport.close()


@pytest.mark.parametrize(
    ("ca", "certificate", "key"),
    [
        ("missing", "client", "client"),
        ("server", "missing", "client"),
        ("server", "client", "stranger"),
        ("server", "locked", "locked"),
    ],
)
def test_bad_files_are_the_operators_fault(pems: dict[str, Path], ca: str, certificate: str, key: str) -> None:
    """A missing file, a key of another certificate or one behind a passphrase is a setting to mend; nothing hangs."""
    files = [pems.get(name, Path("/nowhere/missing.pem")) for name in (ca, certificate, key)]
    with pytest.raises(OperatorFault) as caught:
        fetch("https://127.0.0.1:1/", TlsFiles(*files))
    assert caught.value.code == "setting"


def test_list_comes_through_the_door_its_source_names(pems: dict[str, Path], isp: Isp, body: ListBody) -> None:
    """A subscription shows the certificate of its own list; with a file that is wrong it fails as a setting to mend."""
    body.publish(names(1))
    with tls_server(body.files, pems["server"], clients=pems["client"]) as url:
        source = ListSource(LIST_ID, PURPOSE, body.pinned, (url,))
        for shown, kind in (("missing", Kind.FAILED), ("client", Kind.UPDATED)):
            pem = pems.get(shown, isp.folder / "missing.pem")
            named = evolve(source, tls=TlsFiles(pems["server"], pem, pem))
            subscription = Subscription(named, isp.folder / shown, KEYS, isp.clock, PATIENT)
            outcome = subscription.refresh()
            assert (outcome.kind, subscription.status().enforcing) == (kind, kind is Kind.UPDATED)
            assert outcome.reason is (Reason.SETTING if kind is Kind.FAILED else None)
