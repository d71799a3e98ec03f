"""Settings -> what the sans-IO core is told."""

from resolver.core.config import CoreConfig, ForwardSet, ListPolicy, RateRule, UpstreamConfig, ViewConfig
from resolver.core.rate_limit import Rate
from resolver.core.special_use import ALL_ZONES
from resolver.core.views import Views
from resolver.settings.access import RateLimit
from resolver.settings.addresses import Endpoint
from resolver.settings.designation import designated
from resolver.settings.lists import ListSettings
from resolver.settings.model import Settings
from resolver.settings.upstreams import Upstream
from resolver.settings.views import View


def core_config(settings: Settings) -> CoreConfig:
    """Return the core's configuration; the order of upstreams and lists is that of the file."""
    off = {zone for zone, local in settings.special_use.items() if not local}
    return CoreConfig(
        upstreams=tuple(_upstream(each) for each in settings.servers),
        recursors=len(settings.upstreams),
        forward=_forward(settings),
        lists=tuple(_policy(settings, each, each.notice) for each in settings.lists),
        views=tuple(_view(settings, each) for each in settings.views),
        answer_mode=settings.answer.mode,
        answer_ttl=settings.answer.ttl,
        relay=settings.mode == "relay",
        cache_enabled=settings.cache.enabled,
        cache_bytes=settings.cache.bytes,
        min_ttl=settings.cache.min_ttl,
        max_ttl=settings.cache.max_ttl,
        stale=settings.cache.stale,
        prefetch=settings.cache.prefetch,
        allow=settings.access.allow,
        allow_rd0=settings.access.allow_rd0,
        rate_limit=_rate_rule(settings.rate_limit),
        nsid=settings.identity.nsid or "",
        designated=designated(settings),
        special_use=ALL_ZONES - off,
    )


def _rate_rule(rule: RateLimit) -> RateRule:
    rate = Rate(rule.queries, rule.burst) if rule.enabled else None
    return RateRule(rate, rule.ipv4_prefix, rule.ipv6_prefix, rule.exempt)


def own_policy(views: Views, endpoint: Endpoint) -> int:
    """Return the number of the policy that a question of our own meets: one to an address of ours comes from there."""
    return views.at(str(endpoint)).choose(endpoint.within.host)


def _view(settings: Settings, view: View) -> ViewConfig:
    lists = [each for each in settings.lists if view.has(each.id)]
    return ViewConfig(
        networks=view.from_,
        places=frozenset(map(str, view.listen)),
        lists=tuple(_policy(settings, each, view.notices.get(each.id, each.notice)) for each in lists),
    )


def _upstream(each: Upstream) -> UpstreamConfig:
    return UpstreamConfig(each.label, each.believes_ad, each.tls is not None)


def _forward(settings: Settings) -> tuple[ForwardSet, ...]:
    places = {each.label: number for number, each in enumerate(settings.servers)}
    return tuple(
        ForwardSet(each.zones, tuple(dict.fromkeys(places[one.label] for one in each.upstreams)))
        for each in settings.forward
    )


def _policy(settings: Settings, each: ListSettings, notice_name: str) -> ListPolicy:
    notice = settings.notices.get(notice_name)
    if notice is None:  # answer.mode dns-only needs no page
        return ListPolicy(each.id, ede=each.ede)
    v6 = notice.ipv6.packed if notice.ipv6 else None
    return ListPolicy(each.id, notice_v4=notice.ipv4.packed, notice_v6=v6, ede=each.ede)
