"""A server configuration for nginx, for the published folder itself or for a cache in front of it.

What it takes care of: `timestamp.json` and the public record are asked again after 5 s, every other file never changes,
and a "not there" is never remembered (the next root version is one until it is there). Nothing is listed and nothing is
logged: who asks, and when, is nobody's business. nginx's error lines name the client, too, from level `crit` down.

The text is for the `http` context (`/etc/nginx/conf.d/mamori.conf`).
"""

import re
from pathlib import Path
from typing import Final
from urllib.parse import urlsplit

from attrs import frozen

from blocklist.errors import OperatorFault

FRESH_SECONDS: Final = 5  # timestamp.json and log.jsonl
IMMUTABLE_SECONDS: Final = 365 * 86_400
CACHE_ZONE: Final = "mamori"
CACHE_KEYS_MIB: Final = 10  # memory: about 80,000 files
CACHE_MAX_GIB: Final = 10
CACHE_IDLE_DAYS: Final = 40  # a file nobody asked for is dropped: longer than an old epoch stays published
_PATHS: Final = r"^/(metadata/[0-9a-z.]+\.json|targets/(?!.*\.new$)[0-9a-z./]+|log\.jsonl)$"
_NOTHING: Final = "location / { add_header Cache-Control no-store always; return 404; }"
_UNQUOTABLE: Final = re.compile(r"""["'\\${};\s]""")


@frozen
class Tls:
    """The server's certificate, and whose certificates it asks of clients (None: of nobody)."""

    certificate: Path
    key: Path
    client_ca: Path | None = None


@frozen
class Origin:
    """Where a cache gets its files; the certificates matter for https only."""

    url: str
    cache_folder: Path
    ca: Path | None = None  # None: the system's
    certificate: Path | None = None  # shown to an origin that asks for one
    key: Path | None = None
    name: str | None = None  # in its certificate; None: the URL's host


@frozen
class Site:
    """One https server: names, `address:port` to listen on, certificate."""

    server_name: str
    listen: tuple[str, ...]
    tls: Tls


def published_folder(site: Site, out: Path) -> str:
    """Serve the published folder `out`. Raises `OperatorFault` for a value nginx could misread."""
    body = [
        f"root {_quoted(out.absolute())};",
        "disable_symlinks on from=$document_root;",
        "etag on;",
        "default_type application/octet-stream;",
        "types { application/json json; }",
        "add_header Cache-Control $mamori_cache_control always;",
        f'location ~ "{_PATHS}" {{ limit_except GET {{ deny all; }} }}',
    ]
    return "\n".join([*_maps(), *_server(site, body), ""])


def caching_front(site: Site, origin: Origin) -> str:
    """Serve what `origin` serves, from a cache that keeps to the origin's own `Cache-Control`."""
    folder = _quoted(origin.cache_folder.absolute())
    zone = (
        f"proxy_cache_path {folder} levels=1:2 use_temp_path=off keys_zone={CACHE_ZONE}:{CACHE_KEYS_MIB}m"
        f" max_size={CACHE_MAX_GIB}g inactive={CACHE_IDLE_DAYS}d;"
    )
    location = [
        f'location ~ "{_PATHS}" {{',
        "    limit_except GET { deny all; }",
        *(f"    {line}" for line in _proxy(origin)),
        "}",
    ]
    return "\n".join([zone, *_server(site, location), ""])


def _maps() -> list[str]:
    """Only what is there may be kept; a 404 or 403 never."""
    return [
        "map $uri $mamori_life {",
        f'    default "public, max-age={IMMUTABLE_SECONDS}, immutable";',
        f'    /metadata/timestamp.json "public, max-age={FRESH_SECONDS}";',
        f'    /log.jsonl "public, max-age={FRESH_SECONDS}";',
        "}",
        "map $status $mamori_cache_control {",
        '    default "no-store";',
        "    200 $mamori_life;",
        "    206 $mamori_life;",
        "    304 $mamori_life;",
        "}",
    ]


def _server(site: Site, body: list[str]) -> list[str]:
    tls, asked = site.tls, []
    if tls.client_ca is not None:
        asked = [f"ssl_client_certificate {_quoted(tls.client_ca.absolute())};", "ssl_verify_client on;"]
    head = [
        *(f"listen {_quoted(address)} ssl;" for address in site.listen),
        f"server_name {_quoted(site.server_name)};",
        f"ssl_certificate {_quoted(tls.certificate.absolute())};",
        f"ssl_certificate_key {_quoted(tls.key.absolute())};",
        "ssl_protocols TLSv1.2 TLSv1.3;",
        "ssl_session_tickets off;",
        *asked,
        "access_log off;  # who asks is nobody's business",
        "error_log stderr emerg;  # lower levels name the client",
        "server_tokens off;",
        "autoindex off;",
    ]
    return ["server {", *(f"    {line}" for line in (*head, *body)), f"    {_NOTHING}", "}"]


def _proxy(origin: Origin) -> list[str]:
    """Ask the origin for whole files, with nothing of the client's request but the path."""
    parts = urlsplit(origin.url)
    if parts.scheme not in ("http", "https") or not parts.hostname or parts.query or parts.fragment:
        raise OperatorFault("origin", "--cache: write the origin's URL as https://host/")
    secure = []
    if parts.scheme == "https":
        ca = origin.ca.absolute() if origin.ca else Path("/etc/ssl/certs/ca-certificates.crt")
        secure = [
            f"proxy_ssl_trusted_certificate {_quoted(ca)};",
            "proxy_ssl_verify on;",
            "proxy_ssl_verify_depth 4;",
            "proxy_ssl_server_name on;",
            f"proxy_ssl_name {_quoted(origin.name or parts.hostname)};",
        ]
        if origin.certificate and origin.key:
            secure.append(f"proxy_ssl_certificate {_quoted(origin.certificate.absolute())};")
            secure.append(f"proxy_ssl_certificate_key {_quoted(origin.key.absolute())};")
    return [
        f"proxy_pass {_quoted(origin.url.rstrip('/'))};",
        "proxy_http_version 1.1;",
        "proxy_pass_request_headers off;",
        f"proxy_set_header Host {_quoted(parts.netloc)};",
        'proxy_set_header Connection "";',
        *secure,
        f"proxy_cache {CACHE_ZONE};",
        "proxy_cache_lock on;",  # one request at the origin, however many subscribers ask at once
        "proxy_cache_revalidate on;",
        "proxy_cache_use_stale off;",  # an old timestamp is worse than none: the subscriber asks the next mirror
    ]


def _quoted(value: object) -> str:
    text = str(value)
    if not text or _UNQUOTABLE.search(text):
        raise OperatorFault("nginx_value", f"{text!r}: no blanks, quotes or any of {{}};$\\ can be written for nginx")
    return f'"{text}"'
