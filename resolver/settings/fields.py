"""One declaration for a setting: its meaning, its default and, where it must be given, why."""

from typing import Any

import attrs

_MISSING: Any = object()


def setting(meaning: str, *, default: Any = _MISSING, why: str = "", shown_default: Any = _MISSING) -> Any:
    """Declare a setting.

    `meaning` goes into the JSON schema. Without a default the setting is required and `why` tells the operator what to
    write. `shown_default` is the schema's default where the real one is worked out on the machine.
    """
    metadata = {"meaning": meaning, "why": why}
    if shown_default is not _MISSING:
        metadata["shown_default"] = shown_default
    if default is _MISSING:
        return attrs.field(metadata=metadata)
    return attrs.field(default=default, metadata=metadata)


def key_of(name: str) -> str:
    """Return the key in the file: `from_` is written `from`, which Python keeps for itself."""
    return name.removesuffix("_")
