"""The fingerprint of settings: what the preflight report is bound to.

SHA-256 over the RFC 8785 form of `settings` (what differs from its default, so that a release with new settings changes
no fingerprint) and `files` (the SHA-256 of what the lists' root and never files hold, by place). A setting whose
default is worked out on the machine (`workers`) is left out: the same file may mean another number to the next process.
"""

import hashlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import attrs

from blocklist import canonical
from resolver.settings.fields import key_of
from resolver.settings.model import Settings
from resolver.settings.plain import to_plain


def fingerprint(settings: Settings) -> str:
    """Return it in lower hex. A file that cannot be read counts as one that is not there."""
    document = {"settings": _chosen(settings), "files": dict(_files(settings))}
    return hashlib.sha256(canonical.dumps(document)).hexdigest()


def _chosen(value: Any) -> Any:
    """Like `to_plain`, without what is as it would be if nobody had written it."""
    if attrs.has(type(value)) and any("meaning" in each.metadata for each in attrs.fields(type(value))):
        fields = ((each, getattr(value, each.name)) for each in attrs.fields(type(value)))
        return {key_of(each.name): _chosen(chosen) for each, chosen in fields if not _as_by_default(each, chosen)}
    if isinstance(value, tuple | list):
        return [_chosen(each) for each in value]
    if isinstance(value, dict):
        return {key: _chosen(each) for key, each in value.items()}
    return to_plain(value)


def _as_by_default(field: Any, chosen: Any) -> bool:
    if not isinstance(field.default, attrs.Factory):  # type: ignore[arg-type]
        return bool(chosen == field.default)
    return "shown_default" in field.metadata or bool(chosen == field.default.factory())


def _files(settings: Settings) -> Iterator[tuple[str, str]]:
    for each in settings.lists:
        yield f"lists.{each.id}.root", _digest(each.root)
        if each.never_file is not None:
            yield f"lists.{each.id}.never_file", _digest(each.never_file)


def _digest(path: Path) -> str:
    try:
        return hashlib.sha256(path.read_bytes()).hexdigest()
    except OSError:
        return ""
