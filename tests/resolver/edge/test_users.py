"""Names of users."""

from __future__ import annotations

import os
import pwd

from resolver.edge.users import user_name


def test_a_user_has_a_name_or_a_number() -> None:
    """One nobody knows is still told apart."""
    assert user_name(os.getuid()) == pwd.getpwuid(os.getuid()).pw_name
    assert user_name(2_000_000_123) == "user 2000000123"
