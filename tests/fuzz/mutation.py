"""Changes that keep a JSON document one: libFuzzer's own changes of bytes seldom get past the JSON reader."""

from __future__ import annotations

import json
from random import Random
from typing import Any

ODD: tuple[Any, ...] = (
    None, True, False, 0, 1, -1, 2**53, 2**53 - 1, 2**64, 10**400, 1.5, 1e300, "", "x", "0" * 64, "A" * 64, "a" * 7000,
    "\ud800", "\x00", "2026-02-30", "2026-10-01", "9999-12-31T23:59:59Z", "0001-01-01T00:00:00Z", "xn--", "xn--a.test",
    "::1", "1.2.3.4", "%2f", "/../", "L" + "0" * 64, [], {}, [[]], [None], {"": None},
)  # fmt: skip


def mutated(data: bytes, random: Random) -> bytes:
    """Change a value or a field, or cut, flip and double bytes where this is no JSON."""
    if random.random() < 0.8:
        try:
            document = json.loads(data)
            return json.dumps(_changed(document, random), separators=(",", ":"), sort_keys=True).encode()
        except (ValueError, RecursionError):
            pass
    return _spoilt(data, random)


def _changed(value: Any, random: Random) -> Any:
    """Return the value with one part of it, somewhere below or all of it, replaced, taken away or doubled."""
    places = list(value) if isinstance(value, dict) else range(len(value)) if isinstance(value, list) else ()
    if not places or random.random() < 0.1:
        return _text(value, random) if isinstance(value, str) and random.random() < 0.5 else random.choice(ODD)
    at = random.choice(places)
    kind = random.random()
    if kind < 0.1:
        del value[at]
    elif kind < 0.2 and isinstance(value, dict):
        value[random.choice(places)] = value[at]
    elif kind < 0.2:
        value.insert(at, value[at])
    else:
        value[at] = _changed(value[at], random)
    return value


def _text(text: str, random: Random) -> str:
    """A text that is JSON in itself, such as an opened entry, is changed as JSON."""
    return mutated(text.encode(errors="surrogatepass"), random).decode(errors="replace")


def _spoilt(data: bytes, random: Random) -> bytes:
    at, to = sorted(random.randrange(len(data) + 1) for _ in range(2))
    return random.choice(
        [
            data[:at] + data[to:],
            data[:to] + data[at:],
            data[:at] + random.randbytes(random.randrange(1, 20)) + data[at:],
            data[:at] + random.randbytes(to - at) + data[to:],
            data[:at] + bytes([random.choice((0, 1, 0x7F, 0x80, 0xFF))]) + data[at + 1 :],
        ]
    )
