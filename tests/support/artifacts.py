"""Where tests leave what people should look at: screenshots, simulated reports. `artifacts/`, which git ignores."""

from __future__ import annotations

from pathlib import Path

ARTIFACTS = Path(__file__).parents[2] / "artifacts"


def artifacts(subject: str) -> Path:
    """The folder for one subject's files, made when it is first asked for."""
    folder = ARTIFACTS / subject
    folder.mkdir(parents=True, exist_ok=True)
    return folder
