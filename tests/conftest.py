"""What every test may use."""

from __future__ import annotations

from hypothesis import settings

# Wall-clock deadlines of single examples say more about a busy machine than about the code.
settings.register_profile("mamori", deadline=None, max_examples=100)
settings.load_profile("mamori")
