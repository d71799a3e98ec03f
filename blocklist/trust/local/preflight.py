"""The preflight report: what was looked at, and answered for, before this host enforced a list; signed by the host.

`<state>/preflight.json`, 0600: one RFC 8785 object, the newest examination, passed or not. Its key is Ed25519 with the
seed HKDF-SHA256(host key, info `mamori/1 preflight`); `signature` is over the field `mamori/1 preflight report` and the
object without `signature`. `vouched` names every list that a report of this host which passed ever named: a list
begins to be enforced only then, and what happens to the report later never ends that.
"""

from __future__ import annotations

from collections.abc import Collection
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from pathlib import Path
from typing import Any, Final

from attrs import asdict, frozen
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from blocklist import canonical
from blocklist.errors import OperatorFault, PublisherFault
from blocklist.tokens import derive, encode_fields
from blocklist.trust.storage.files import write_file

REPORT_NAME: Final = "preflight.json"
FORMAT: Final = "mamori/1 preflight"
VALID: Final = timedelta(days=90)
CLOCK_SLACK: Final = timedelta(hours=1)  # a report made so little in the future is this clock's matter
_KEY_INFO: Final = encode_fields(b"mamori/1 preflight")
_SIGNED: Final = encode_fields(b"mamori/1 preflight report")
_WHAT: Final = "preflight"


class State(StrEnum):
    """How one check ended."""

    PASSED = "passed"
    ATTESTED = "attested"  # a person answers for it
    FAILED = "failed"
    NOT_ASKED = "not_asked"  # nothing of the kind can be here


class Standing(StrEnum):
    """What the report on the disk is worth now."""

    NOT_REQUIRED = "not_required"
    PASSED = "passed"
    FAILED = "failed"  # the newest examination found something
    EXPIRED = "expired"
    OTHER_SETTINGS = "other_settings"
    MISSING = "missing"


@frozen
class Finding:
    """One check: what was found and, where it failed, what to do, in Japanese and in English."""

    id: str
    state: State
    title_ja: str
    title_en: str
    found_ja: str
    found_en: str
    do_ja: str = ""
    do_en: str = ""


@frozen
class Report:
    """One examination. `settings` is the fingerprint of the settings that were examined, `key` our public key (hex)."""

    host: str
    key: str
    version: str  # of Mamori
    made_at: datetime
    not_after: datetime
    settings: str
    lists: tuple[str, ...]
    vouched: tuple[str, ...]
    passed: bool
    findings: tuple[Finding, ...]

    def unsigned(self) -> dict[str, Any]:
        """What is signed, as JSON data."""
        return {"format": FORMAT, **canonical.to_json(self), "findings": [asdict(each) for each in self.findings]}


def make_report(
    host_key: bytes,
    *,
    host: str,
    version: str,
    now: float,
    settings: str,
    lists: Collection[str],
    findings: Collection[Finding],
    before: Report | None,
    until: datetime | None = None,
) -> Report:
    """Put an examination of this moment (POSIX) together; `before` is the report that lay there, if it was right.

    `until`: the first of the attestations it rests on ends then, and with it the report.
    """
    made_at = datetime.fromtimestamp(now, UTC).replace(microsecond=0)
    passed = all(each.state is not State.FAILED for each in findings)
    vouched = set(before.vouched if before else ()) | set(lists if passed else ())
    return Report(
        host=host,
        key=public_key(host_key).hex(),
        version=version,
        made_at=made_at,
        not_after=min(made_at + VALID, until or datetime.max.replace(tzinfo=UTC)),
        settings=settings,
        lists=tuple(lists),
        vouched=tuple(sorted(vouched)),
        passed=passed,
        findings=tuple(findings),
    )


def sign(report: Report, host_key: bytes) -> bytes:
    """Return the file's bytes."""
    unsigned = report.unsigned()
    signature = _private(host_key).sign(_SIGNED + canonical.dumps(unsigned))
    return canonical.dumps(unsigned | {"signature": signature.hex()})


def verify(data: bytes, public: bytes) -> Report:
    """Read a file that the host with this public key (32 bytes) signed. Raises PublisherFault `preflight`."""
    document = canonical.loads(data, _WHAT)
    signature = document.pop("signature", None)
    try:
        Ed25519PublicKey.from_public_bytes(public).verify(bytes.fromhex(signature), _SIGNED + canonical.dumps(document))
    except (InvalidSignature, TypeError, ValueError):
        raise PublisherFault(_WHAT, "the preflight report was not signed by this host, or changed since") from None
    return _read(document)


def public_key(host_key: bytes) -> bytes:
    """Return the 32 bytes that verify this host's reports."""
    return _private(host_key).public_key().public_bytes_raw()


def load_report(state: Path, public: bytes) -> Report | None:
    """Return the report of a state folder; None without one. Raises OperatorFault or PublisherFault `preflight`."""
    path = state / REPORT_NAME
    try:
        data = path.read_bytes()
    except FileNotFoundError:
        return None
    except OSError as error:
        raise OperatorFault(_WHAT, f"cannot read {path}: {error.strerror}") from None
    return verify(data, public)


def keep_report(state: Path, report: Report, host_key: bytes) -> bytes:
    """Put the report where the resolver looks, and return its bytes. Raises TransferFault `disk`."""
    data = sign(report, host_key)
    write_file(state / REPORT_NAME, data)
    return data


def standing(report: Report | None, settings: str, lists: Collection[str], now: float) -> Standing:
    """Return what a report is worth for settings with these lists at a moment (POSIX)."""
    if report is None or not set(lists) <= set(report.vouched):
        return Standing.MISSING
    moment = datetime.fromtimestamp(now, UTC)
    if not report.passed:
        return Standing.FAILED
    if not report.made_at - CLOCK_SLACK <= moment < report.not_after:
        return Standing.EXPIRED
    return Standing.PASSED if report.settings == settings else Standing.OTHER_SETTINGS


def _private(host_key: bytes) -> Ed25519PrivateKey:
    return Ed25519PrivateKey.from_private_bytes(derive(host_key, _KEY_INFO))


def _read(document: dict[str, Any]) -> Report:
    fields = canonical.Reader(document, _WHAT)
    if fields.take("format", str) != FORMAT:
        raise fields.fault("format")
    report = Report(
        host=fields.take("host", str),
        key=fields.hex_digest("key"),
        version=fields.take("version", str),
        made_at=fields.instant("made_at"),
        not_after=fields.instant("not_after"),
        settings=fields.hex_digest("settings"),
        lists=fields.strings("lists"),
        vouched=fields.strings("vouched"),
        passed=fields.take("passed", bool),
        findings=fields.array("findings", _finding),
    )
    fields.done()
    return report


def _finding(value: object) -> Finding:
    fields = canonical.Reader(value, _WHAT)
    state = fields.take("state", str)
    if state not in tuple(State):
        raise fields.fault("state")
    texts = {name: fields.take(name, str) for name in _TEXTS}
    fields.done()
    return Finding(state=State(state), **texts)


_TEXTS: Final = ("id", "title_ja", "title_en", "found_ja", "found_en", "do_ja", "do_en")
