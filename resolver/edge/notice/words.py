"""The texts of the page: ours, and over them what a list body prescribes."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Final, Literal

from resolver.settings import Notice
from resolver.settings.notices import DESK_KINDS

Language = Literal["ja", "en"]
LANGUAGES: Final[tuple[Language, ...]] = ("ja", "en")  # Japanese first
NAMES: Final = {"ja": "日本語", "en": "English"}

_OURS: Final[Mapping[Language, Mapping[str, str]]] = json.loads(
    Path(__file__).parent.joinpath("text.json").read_text("utf-8")
)
# Which of our texts each wording replaces. What we say about records is never among them: it is ours to answer for.
_REPLACED: Final = {key: key for key in ("title", "opening", "accident")} | {
    key: f"{key}_text" for key in ("law", *DESK_KINDS)
}


def words(notice: Notice, language: Language) -> dict[str, str]:
    """Every text of a notice in one language, with the names put in; not yet escaped."""
    texts = dict(_OURS[language])
    for key, replaced in _REPLACED.items():
        own = getattr(notice.wording, key)
        if own is not None:
            texts[replaced] = own[language].strip()
    return {key: _with_names(text, notice, language) for key, text in texts.items()}


def _with_names(text: str, notice: Notice, language: Language) -> str:
    """Put in the names piece by piece, so that nothing inside a name is taken for a place to put one."""
    pieces = text.split("{isp}")
    return notice.isp[language].join(piece.replace("{body}", notice.body[language]) for piece in pieces)
