"""The policy in force, as facts: what the settings say when the report is made, and what preflight found."""

from collections.abc import Iterator
from typing import Final

from attrs import frozen

from blocklist.transparency import wording
from blocklist.transparency.model import Fact
from blocklist.transparency.text import LANGUAGES, Language, Text
from blocklist.trust.local.preflight import Report as PreflightReport
from blocklist.trust.local.preflight import Standing
from resolver.settings import ListSettings, Settings

_GROUNDS: Final = {
    "emergency_necessity": Text("緊急避難", "emergency necessity (averting present danger)"),
    "law": Text("法令", "law"),
    "order": Text("命令", "order"),
}
_MODES: Final = {
    "notice": Text("お知らせページを表示する", "the notice page is shown instead"),
    "dns-only": Text("応答にアドレスを含めない", "the answer has no address"),
}
_STANDINGS: Final = {
    Standing.NOT_REQUIRED: Text("求めていません(試用環境)", "not required (a trial)"),
    Standing.PASSED: Text("合格(有効)", "passed, valid"),
    Standing.FAILED: Text("不合格", "failed"),
    Standing.EXPIRED: Text("期限切れ", "expired"),
    Standing.OTHER_SETTINGS: Text("設定の変更後は未確認", "not repeated since the settings changed"),
    Standing.MISSING: Text("未実施", "missing"),
}
_RELEASE_OFF: Final = Text("公表していません", "not released")
_ON: Final = Text("あり", "on")
_OFF: Final = Text("なし", "off")


@frozen
class InForce:
    """What a report says beside the ledgers' figures: the settings, and what the preflight report is worth."""

    settings: Settings
    standing: Standing
    examined: PreflightReport | None = None

    def facts(self) -> Iterator[Fact]:
        """Yield the policy of the whole resolver."""
        settings = self.settings
        if settings.terms is not None:
            yield Fact.plain(Text("利用規約の版", "Terms of service, version"), settings.terms.version)
            yield Fact.plain(Text("利用規約の掲載先", "Terms of service, address"), settings.terms.url)
        for notice in settings.notices.values():
            if notice.policy_url is not None:
                yield Fact.plain(Text("ブロッキングの方針", "Blocking policy"), notice.policy_url)
        yield Fact(Text("遮断の方法", "Method"), _MODES[settings.answer.mode])
        yield Fact(Text("運用開始前点検(プリフライト)", "Examination before enforcement (preflight)"), self._standing())
        yield Fact(Text("遮断の回数の公表", "Release of totals"), self._release())

    def facts_of(self, list_id: str) -> Iterator[Fact]:
        """Yield one list's policy; nothing of a list that is in the settings no more."""
        found = [each for each in self.settings.lists if each.id == list_id]
        for each in found:
            yield from _list_facts(each)
        if not found:
            text = Text("現在は適用していません", "not enforced any more")
            yield Fact(Text("適用", "Enforced"), text)

    def publisher(self) -> Text:
        """The ISP's name as its notice page says it."""
        names = [notice.isp for notice in self.settings.notices.values()]
        return Text(names[0].ja, names[0].en) if names else Text("当社", "this provider")

    def _standing(self) -> Text:
        word, report = _STANDINGS[self.standing], self.examined
        if report is None or self.standing is Standing.MISSING:
            return word
        made = {language: wording.day(report.made_at.date(), language) for language in LANGUAGES}
        return Text(f"{word.ja}({made['ja']}実施)", f"{word.en} (made on {made['en']})")

    def _release(self) -> Text:
        release = self.settings.release
        if not release.enabled:
            return _RELEASE_OFF
        return Text(*(_released(release.bucket, language) for language in LANGUAGES))


def _released(bucket: int, language: Language) -> str:
    every = wording.quantity(bucket, "seconds", language)
    return f"雑音を加えて公表(間隔 {every})" if language == "ja" else f"with noise, every {every}"


def _list_facts(each: ListSettings) -> Iterator[Fact]:
    yield Fact(Text("法的根拠", "Legal ground"), _GROUNDS[each.ground])
    yield Fact.plain(Text("掲載基準", "Criteria set"), each.criteria_set)
    yield Fact.plain(Text("適用の決定者", "Decided by"), each.decided_by)
    yield Fact(Text("適用前の試行", "Trial before activation"), _ON if each.canary else _OFF)
    yield Fact(Text("遮断器", "Circuit breaker"), _ON if each.breaker else _OFF)
