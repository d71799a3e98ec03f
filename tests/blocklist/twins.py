"""The pure functions on record sets and those of the C extension, for tests that ask both the same."""

from typing import cast

import pytest

import native
from blocklist import record_sets, record_tables
from blocklist.records import Sets, Tables

_NAMES = ["pure"] if native.MODULE is None else ["pure", "native"]
SETS = [cast(Sets, record_sets), cast(Sets, native.MODULE)][: len(_NAMES)]
TABLES = [cast(Tables, record_tables), cast(Tables, native.MODULE)][: len(_NAMES)]

both_sets = pytest.mark.parametrize("sets", SETS, ids=_NAMES)
both_tables = pytest.mark.parametrize("tables", TABLES, ids=_NAMES)
needs_native = pytest.mark.skipif(native.MODULE is None, reason="no C extension here")
