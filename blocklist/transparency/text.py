"""A sentence or a title in both languages of the reports."""

from typing import Literal

from attrs import frozen

Language = Literal["ja", "en"]
LANGUAGES: tuple[Language, ...] = ("ja", "en")


@frozen
class Text:
    """The same said in Japanese and in English."""

    ja: str
    en: str

    def __getitem__(self, language: Language) -> str:
        """The wording in one language."""
        return self.ja if language == "ja" else self.en
