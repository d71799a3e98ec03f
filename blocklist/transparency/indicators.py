"""The indicators: names, units and meaning that stay the same for as long as there are reports.

A figure is filed under `name` or, where an indicator has several statistics, under `name.statistic`. A name or a
statistic is never dropped or given another meaning; a new one may be added at the end.
"""

from collections.abc import Mapping
from typing import Final, Literal

from attrs import frozen

from blocklist.transparency.text import Text

Reporter = Literal["isp", "list_body"]
Unit = Literal["entries", "count", "events", "queries", "seconds", "days", "ratio", "events/1000000 queries"]
TOTAL: Final = "total"
SPREAD: Final = ("count", "p50", "p95", "most")
BOTH: Final[tuple[Reporter, ...]] = ("isp", "list_body")


@frozen(kw_only=True)
class Indicator:
    """One of them. A `count` adds up over time, a `state` is taken at a moment, a `spread` sums up durations."""

    name: str
    kind: Literal["count", "state", "ratio", "spread"]
    unit: Unit
    title: Text
    meaning: Text
    reported_by: tuple[Reporter, ...] = BOTH
    statistics: Mapping[str, Text] = {TOTAL: Text("", "")}  # each with its title; the lone `total` needs none

    @property
    def keys(self) -> tuple[str, ...]:
        """What its figures are filed under."""
        return tuple(self.name if one == TOTAL else f"{self.name}.{one}" for one in self.statistics)


_SPREAD_TITLES: Final = {
    "count": Text("件数", "how many"),
    "p50": Text("中央値", "middle (p50)"),
    "p95": Text("95%点", "95th of 100 (p95)"),
    "most": Text("最長", "longest"),
}
_ALL: Final = (
    Indicator(
        name="list_entries",
        kind="state",
        unit="entries",
        title=Text("リストの掲載件数", "Entries on the list"),
        meaning=Text(
            "期間の初めと終わりに有効であった掲載の件数です。",
            "How many entries were in force when the period began and when it ended.",
        ),
        statistics={"start": Text("期首", "at the start"), "end": Text("期末", "at the end")},
    ),
    Indicator(
        name="adds",
        kind="count",
        unit="entries",
        title=Text("追加", "Added"),
        meaning=Text(
            "期間中に有効となった掲載の件数です。期限の延長は含まず、一時停止からの再開は含みます。",
            "Entries that came into force, also again after a suspension; an extension is none.",
        ),
    ),
    Indicator(
        name="removes",
        kind="count",
        unit="entries",
        title=Text("削除", "Removed"),
        meaning=Text(
            "期限の前に外された掲載の件数です。誤りによる取下げと、審査中の一時停止も含みます。",
            "Entries taken off before their last day, also as an error or suspended while an objection is looked at.",
        ),
    ),
    Indicator(
        name="expiries",
        kind="count",
        unit="entries",
        title=Text("期限切れ", "Expired"),
        meaning=Text(
            "延長されず、掲載の期限が来て効力を失った件数です。",
            "Entries whose last day came and that nobody extended.",
        ),
    ),
    Indicator(
        name="error_withdrawals",
        kind="count",
        unit="entries",
        title=Text("誤りによる取下げ", "Withdrawn as an error"),
        meaning=Text(
            "誤って掲載されていたとして取り下げられた件数です。取下げの決定の日に数えます。",
            "Entries withdrawn because they should not have been listed, on the day when that was decided.",
        ),
    ),
    Indicator(
        name="holds",
        kind="count",
        unit="count",
        title=Text("点検による保留", "Updates held by a guard"),
        meaning=Text(
            "過剰な遮断を防ぐ点検により、追加が保留された更新の回数です。",
            "Updates whose additions a guard against over-blocking held back.",
        ),
    ),
    Indicator(
        name="breaker_trips",
        kind="count",
        unit="count",
        title=Text("遮断器の作動", "Circuit breaker trips"),
        meaning=Text(
            "更新の直後に遮断が異常に多く、新たな追加分の適用を自動で止めた回数です。",
            "Times that new additions were set aside because far too many of them were asked for at once.",
        ),
        reported_by=("isp",),
    ),
    Indicator(
        name="exemptions_active",
        kind="state",
        unit="entries",
        title=Text("事業者による緊急の除外", "Local exemptions in force"),
        meaning=Text(
            "誤りの疑いなどにより、事業者が期限を付けて遮断の対象から外している件数です。",
            "Names that the ISP itself keeps from being blocked, each with a reason and a last day.",
        ),
        reported_by=("isp",),
    ),
    Indicator(
        name="discovery_to_publish_seconds",
        kind="spread",
        unit="seconds",
        title=Text("発見から配布まで", "From discovery to publication"),
        meaning=Text(
            "登録(ドラフト)から、その掲載を含む最初の版の配布までの時間です。",
            "From the moment an entry was drafted to the first published version that carried it.",
        ),
        reported_by=("list_body",),
        statistics=_SPREAD_TITLES,
    ),
    Indicator(
        name="publish_to_enforce_seconds",
        kind="spread",
        unit="seconds",
        title=Text("配布から適用まで", "From publication to enforcement"),
        meaning=Text(
            "版の署名から、この事業者の機器のすべての処理プロセスで適用されるまでの時間です。",
            "From the signing of a version to its enforcement by every worker of this ISP.",
        ),
        reported_by=("isp",),
        statistics=_SPREAD_TITLES,
    ),
    Indicator(
        name="withdraw_to_enforce_seconds",
        kind="spread",
        unit="seconds",
        title=Text("取下げから解除まで", "From withdrawal to release"),
        meaning=Text(
            "取下げの署名から、この事業者での遮断の解除までの時間です。",
            "From the signing of a withdrawal to the end of the block at this ISP.",
        ),
        reported_by=("isp",),
        statistics=_SPREAD_TITLES,
    ),
    Indicator(
        name="removal_requests",
        kind="count",
        unit="count",
        title=Text("削除の要請", "Removal requests"),
        meaning=Text(
            "掲載した情報そのものの削除を、サイト管理者等に求めた回数です。",
            "Times that a host, an operator or a hotline was asked to delete the material itself.",
        ),
        reported_by=("list_body",),
    ),
    Indicator(
        name="gone_at_source",
        kind="count",
        unit="entries",
        title=Text("発信元での消滅", "Gone at source"),
        meaning=Text(
            "情報そのものが無くなったことを確認した掲載の件数です。",
            "Entries whose material was found to be gone where it had been.",
        ),
        reported_by=("list_body",),
    ),
    Indicator(
        name="time_to_removal_days",
        kind="spread",
        unit="days",
        title=Text("削除の要請から消滅まで", "From removal request to gone at source"),
        meaning=Text(
            "最初の削除の要請から、情報の消滅までの日数です。",
            "Days from the first removal request to the day since when the material is gone.",
        ),
        reported_by=("list_body",),
        statistics=_SPREAD_TITLES,
    ),
    Indicator(
        name="selftest_ok_ratio",
        kind="ratio",
        unit="ratio",
        title=Text("自己点検の成功率", "Self-tests passed"),
        meaning=Text(
            "試験用の名前が正しく遮断されるかを毎分確かめた点検のうち、成功した割合です。",
            "Share of the tests, every minute, in which a test name was blocked as it should be.",
        ),
        reported_by=("isp",),
    ),
    Indicator(
        name="uptime_ratio",
        kind="ratio",
        unit="ratio",
        title=Text("稼働率", "Uptime"),
        meaning=Text(
            "期間のうち、問い合わせに応答できる状態であった時間の割合です。",
            "Share of the period in which questions could be answered.",
        ),
        reported_by=("isp",),
    ),
    Indicator(
        name="hit_events",
        kind="count",
        unit="events",
        title=Text("遮断の回数(総計)", "Blocked look-ups (total)"),
        meaning=Text(
            "掲載されたアドレスへのA問い合わせの総数に、個人を保護するための雑音を加えた値です。人数ではありません。",
            "Look-ups (A queries) of listed addresses, with noise that protects each person. No number of people.",
        ),
        reported_by=("isp",),
    ),
    Indicator(
        name="hits_per_million_queries",
        kind="ratio",
        unit="events/1000000 queries",
        title=Text("問い合わせ100万件当たりの遮断", "Blocked look-ups per million queries"),
        meaning=Text(
            "遮断の回数(雑音を加えた値)を、同じ期間の問い合わせの総数で割った値です。",
            "The noised total divided by all queries answered in the same time.",
        ),
        reported_by=("isp",),
    ),
    Indicator(
        name="objections",
        kind="count",
        unit="count",
        title=Text("異議の申出", "Objections"),
        meaning=Text(
            "掲載に対する異議の件数です。「未決」は期末の時点の件数です。",
            "Objections to a listing. The open ones are those at the end of the period.",
        ),
        statistics={
            "received": Text("受付", "received"),
            "upheld": Text("認容", "upheld"),
            "open": Text("期末の未決", "open at the end"),
        },
    ),
    Indicator(
        name="decision_days",
        kind="spread",
        unit="days",
        title=Text("異議の決定までの日数", "Days to the decision on an objection"),
        meaning=Text(
            "異議の受付から決定までの日数です(目標は7日以内)。",
            "Days from the receipt of an objection to its decision; the aim is 7 at most.",
        ),
        statistics=_SPREAD_TITLES,
    ),
    Indicator(
        name="accidents",
        kind="count",
        unit="count",
        title=Text("事故", "Accidents"),
        meaning=Text(
            "誤った遮断、漏えい、長い停止などとして担当者が記録した事故の件数です。",
            "Wrong blocks, leaks and long outages that the officer in charge wrote down.",
        ),
    ),
    # --- beside those named from the start: what explains or divides them -----------------------------------
    Indicator(
        name="queries",
        kind="count",
        unit="queries",
        title=Text("問い合わせの総数", "Queries answered"),
        meaning=Text(
            "応答したすべての問い合わせの数です。内容や相手方の区別はありません。",
            "All queries answered, whatever they asked and whoever asked.",
        ),
        reported_by=("isp",),
    ),
    Indicator(
        name="versions",
        kind="count",
        unit="count",
        title=Text("配布または適用された版", "Versions published or enforced"),
        meaning=Text(
            "期間中に配布された(事業者の報告では適用された)リストの版の数です。",
            "Versions of the list that were published or, in an ISP's report, came into force.",
        ),
    ),
    Indicator(
        name="acknowledged_late",
        kind="count",
        unit="count",
        title=Text("受付の通知の遅れ", "Objections acknowledged late"),
        meaning=Text(
            "1営業日以内に受付を通知できなかった異議の件数です。",
            "Objections acknowledged later than the working day after their receipt.",
        ),
    ),
    Indicator(
        name="decided_late",
        kind="count",
        unit="count",
        title=Text("決定の遅れ", "Objections decided late"),
        meaning=Text(
            "期限(7日)を過ぎて決定された異議の件数です。",
            "Objections decided after their last day, the 7th.",
        ),
    ),
    Indicator(
        name="drills",
        kind="count",
        unit="count",
        title=Text("訓練", "Drills"),
        meaning=Text(
            "取下げや鍵の交換などの手順を実際に試した回数です。",
            "Times that a withdrawal, a change of keys or another procedure was rehearsed.",
        ),
        reported_by=("list_body",),
    ),
    Indicator(
        name="not_enforceable",
        kind="state",
        unit="entries",
        title=Text("DNSでは遮断できない掲載", "Entries that DNS cannot enforce"),
        meaning=Text(
            "URLやIPアドレスのみが対象で、DNSによる遮断では扱えない掲載の件数です(期末)。",
            "Entries for a page or an address alone, which blocking in DNS leaves untouched; at the end of the period.",
        ),
        reported_by=("list_body",),
    ),
)
INDICATORS: Final[Mapping[str, Indicator]] = {one.name: one for one in _ALL}
BY_KEY: Final[Mapping[str, Indicator]] = {key: one for one in _ALL for key in one.keys}


def statistic_of(key: str) -> str:
    """The statistic a key stands for."""
    return key.partition(".")[2] or TOTAL


def title_of(key: str) -> Text:
    """How a figure is called."""
    indicator, statistic = BY_KEY[key], BY_KEY[key].statistics[statistic_of(key)]
    if not statistic.en:
        return indicator.title
    return Text(f"{indicator.title.ja}({statistic.ja})", f"{indicator.title.en}, {statistic.en}")
