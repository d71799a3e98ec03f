"""What blocking in DNS cannot do. Every report says so, whatever its figures."""

from typing import Final

from blocklist.transparency.text import Text

LIMITS: Final = (
    Text(
        "ほかのDNSサービス、VPN等を使う端末には効果がありません。",
        "It has no effect on devices that use another DNS service or a VPN.",
    ),
    Text(
        "IPアドレスを直接指定した接続は遮断できません。",
        "A connection to an address given as digits (an IP literal) is not stopped.",
    ),
    Text(
        "HTTPSの接続では、お知らせページの代わりにブラウザーの接続エラーが表示されます。",
        "On HTTPS a visitor sees the browser's connection error instead of the notice page.",
    ),
    Text(
        "端末やブラウザーに保存されたDNSの応答が残っている間は、追加も取下げもすぐには届きません。",
        "While a device or a browser keeps an older DNS answer, neither an addition nor a withdrawal reaches it.",
    ),
    Text(
        "問い合わせの回数は、人数でも閲覧の回数でもありません。自動的な問い合わせも含みます。",
        "Look-ups are neither people nor visits; programs look names up, too.",
    ),
    Text(
        "遮断は情報そのものを消しません。発信元での削除に代わるものではありません。",
        "Blocking deletes nothing, and is no substitute for removal where the material is.",
    ),
)
