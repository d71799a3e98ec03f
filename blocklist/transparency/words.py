"""The fixed words of the page, in both languages, and which indicators stand under which heading."""

from typing import Final

from blocklist.transparency.text import Text

WORDS: Final = {
    "title": Text("透明性レポート", "Transparency report"),
    "subject": Text("児童ポルノのブロッキング", "Blocking of child sexual abuse material"),
    "isp": Text("インターネット接続事業者による報告", "Report of an internet service provider"),
    "list_body": Text("リスト作成管理団体による報告", "Report of a list body"),
    "other_language": Text("English", "日本語"),
    "contents": Text("目次", "Contents"),
    "period": Text("対象期間", "Period"),
    "publisher": Text("公表者", "Published by"),
    "made_on": Text("作成日", "Made on"),
    "until": Text("{first}から{last}まで", "{first} to {last}"),
    "interim": Text(
        "対象期間が終わる前に作成した途中経過です。数値は変わります。",
        "Made before the period was over: the figures will still change.",
    ),
    "reading": Text("数値の読み方", "How to read the figures"),
    "not_known": Text(
        "「把握していません」は、公表者がその数値を持たないことを示します。0とは異なります。",
        "“Not known here” means that the publisher has no such figure. It does not mean 0.",
    ),
    "no_person": Text(
        "この報告は、個別のアドレス、利用者、個々の通信に関する情報を含みません。",
        "Nothing here is about a single address, a user or a communication.",
    ),
    "sums_only": Text(
        "数値の基となる記録は集計値のみで、個々の問い合わせや利用者の記録は用いていません。",
        "The figures come from books that hold sums alone, and from no record of a look-up or a user.",
    ),
    "own_counts": Text(
        "掲載件数は団体自身の作業に関する数であり、利用者の通信に由来しません。そのため雑音を加えず、正確な値を示します。",
        "The counts are about the body's own work and come from nobody's communication: they are exact, without noise.",
    ),
    "noised": Text(
        "遮断の回数には、個人を保護するための雑音を加えています。括弧内は、真の値が99%の確率で含まれる区間です。",
        "Totals of blocked look-ups carry noise that protects each person. The range in brackets holds the true"
        " number 99 times in 100.",
    ),
    "noise": Text("雑音の設定値", "Parameters of the noise"),
    "distribution": Text("分布", "Distribution"),
    "geometric": Text("両側幾何分布", "two-sided geometric"),
    "scale": Text("尺度", "Scale"),
    "epsilon": Text("ε(イプシロン)", "ε (epsilon)"),
    "hidden_events": Text("保護する回数", "Look-ups hidden"),
    "step": Text("表示の刻み", "Steps shown"),
    "bucket_seconds": Text("集計の間隔", "Length of a bucket"),
    "buckets": Text("公表した集計の数", "Buckets released"),
    "hosts": Text("集計した機器の数", "Hosts"),
    "policy": Text("適用中の方針(作成日現在)", "Policy in force (on the day this was made)"),
    "policy_changes": Text("方針の変更", "Changes of the policy"),
    "no_changes": Text("期間中の変更はありません。", "None in this period."),
    "whole": Text("全体", "Overall"),
    "list": Text("リスト「{}」", "List “{}”"),
    "figure": Text("項目", "Figure"),
    "value": Text("値", "Value"),
    "numbers": Text("数値の表", "The same numbers as a table"),
    "from": Text("期間の始まり", "From"),
    "by_month": Text("(月別)", "(by month)"),
    "by_start": Text("(日付順)", "(by day)"),
    "columns": Text("棒グラフ", "Columns"),
    "dots": Text("点グラフ", "Dots"),
    "described": Text(
        "{shape}。{count}点。最小{least}、最大{most}。同じ数値は続く表にあります。",
        "{shape}, {count} points, from {least} to {most}. The same numbers are in the table below.",
    ),
    "gaps": Text("値のない箇所は把握していません。", "Where a place is empty the figure is not known."),
    "effect": Text("効果の分析と限界", "Effect and known limits"),
    "share_gone": Text(
        "リスト「{}」: 期間中に有効であった掲載のうち、発信元での消滅を確認した割合は{}です。",
        "List “{}”: of the entries in force in the period, {} were found gone at source.",
    ),
    "limits": Text("知られている限界", "Known limits"),
    "accidents": Text("事故", "Accidents"),
    "no_accidents": Text("期間中の事故の記載はありません。", "None is described for this period."),
    "proof": Text("検証の方法", "How to check it"),
    "files": Text(
        "同じ数値は report.json と figures.csv にもあります。項目の名前は今後も変わりません。",
        "The same figures are in report.json and figures.csv. The names of the indicators never change.",
    ),
    "remarks": Text("備考", "Remarks"),
    "meanings": Text("項目の説明", "What the figures mean"),
    "review": Text("年次検証資料", "Yearly review"),
    "review_about": Text(
        "措置が適切であったかを検証するための資料です。各レポートと、その基礎となる記録をまとめています。",
        "For the review of whether the measure was appropriate: every report of the year and what it rests on.",
    ),
    "reports": Text("レポート", "Reports"),
    "grounds": Text("基礎となる資料", "What they rest on"),
    "sums": Text(
        "すべてのファイルの照合値は manifest.json と SHA256SUMS にあります。",
        "manifest.json and SHA256SUMS name a SHA-256 of every file.",
    ),
}
GROUPS: Final = (  # (heading, indicators)
    (
        Text("掲載件数", "Entries"),
        (
            "list_entries",
            "adds",
            "removes",
            "expiries",
            "error_withdrawals",
            "not_enforceable",
            "exemptions_active",
            "versions",
        ),
    ),
    (Text("点検と安全装置", "Guards"), ("holds", "breaker_trips")),
    (
        Text("所要時間", "Delays"),
        ("discovery_to_publish_seconds", "publish_to_enforce_seconds", "withdraw_to_enforce_seconds"),
    ),
    (Text("遮断の回数", "Blocked look-ups"), ("hit_events", "hits_per_million_queries", "queries")),
    (Text("発信元での削除", "Removal at source"), ("removal_requests", "gone_at_source", "time_to_removal_days")),
    (
        Text("異議の申出", "Objections"),
        ("objections", "decision_days", "acknowledged_late", "decided_late"),
    ),
    (Text("稼働と点検", "Operation"), ("uptime_ratio", "selftest_ok_ratio", "accidents", "drills")),
)
