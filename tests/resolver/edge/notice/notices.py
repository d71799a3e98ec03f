"""A notice with as many desks as a real page has, and how to render one."""

from __future__ import annotations

from typing import Any

from resolver.edge.notice.responses import NoticeResponses, context_of, render
from resolver.settings import Settings
from tests.resolver.settings.samples import full, read

_FOR_WHOM = {
    "mistake": ("掲載が誤りだと思われる方", "if you think that the listing is wrong"),
    "report": ("同じようなサイトを見つけた方", "if you have come across such a site"),
    "help": ("18歳未満の方、そのご家族、被害にあわれた方", "if you are under 18, care for a child, or were harmed"),
    "worried": ("ご自身の気持ちや行動に不安のある方", "if you are worried about your own behaviour"),
}


def _desk(kind: str, ja: str, en: str, **more: str) -> dict[str, Any]:
    for_whom = dict(zip(("ja", "en"), _FOR_WHOM[kind], strict=True))
    return {"kind": kind, "name": {"ja": ja, "en": en}, "for_whom": for_whom, **more}


DESKS = [
    _desk(
        "mistake",
        "見本リスト作成管理団体 異議申立て窓口",
        "Sample List Body, objections",
        url="https://a.example/?x=1&y=2",
    ),
    _desk("mistake", "見本インターネット お客様センター", "Sample Internet, customers", phone="0120-000-000"),
    _desk("report", "見本ホットラインセンター", "Sample hotline centre", url="https://b.example/report"),
    _desk("help", "見本児童相談ダイヤル", "Sample child guidance centres", phone="189"),
    _desk("help", "見本こども110番", "Sample children's line", phone="0120-111-110"),
    _desk("help", "見本被害相談電話", "Sample line for who was harmed", phone="#0000"),
    _desk("help", "見本ワンストップ支援センター", "Sample one-stop centres", phone="#0001", url="https://c.example/"),
    _desk("help", "見本有害情報相談センター", "Sample consultation centre", url="https://d.example/"),
    _desk("worried", "見本セルフヘルプ相談", "Sample self-help service", url="https://e.example/"),
]
WHOLE: dict[str, Any] = {
    "isp": {"ja": "見本インターネット", "en": "Sample Internet"},
    "body": {"ja": "見本リスト作成管理団体", "en": "Sample List Body"},
    "terms_article": {"ja": "第12条", "en": "article 12"},
    "law_url": "https://law.example/document",
    "policy_url": "https://isp.example/policy",
    "policy_version": "2026-11",
    "contact_url": "https://isp.example/contact",
    "date": "2026-11-22",
    "desks": DESKS,
}


def settings(**notice: Any) -> Settings:
    data = full()
    data["notices"]["default"] |= notice
    return read(data)


def responses(*, no_record: bool = False, **notice: Any) -> NoticeResponses:
    made = settings(**notice)
    return render(made.notices["default"], context_of(made, "default", no_record=no_record))


def page(*, no_record: bool = False, **notice: Any) -> str:
    return responses(no_record=no_record, **notice).page_body.decode("utf-8")
