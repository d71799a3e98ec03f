"""Whether the links of a page lead somewhere. Each is asked for once, as a visitor's browser would, and not read."""

import queue
import socket
import ssl
import threading
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from importlib.metadata import version
from ipaddress import ip_address
from urllib.parse import urljoin, urlsplit

import urllib3
from attrs import frozen
from urllib3 import exceptions

from resolver.cli.notice.finding import Finding
from resolver.settings import Settings

USER_AGENT = f"mamori-notice-check/{version('mamori')}"


@frozen
class LinkLimits:
    """What one check of links may take."""

    wait_seconds: float = 10.0
    """For a connection, and for each piece of an answer's head. Of bodies nothing is read."""
    link_seconds: float = 30.0
    """For one link with all its redirects."""
    redirects: int = 5
    """Followed, one after the other; a link that leads on further is called dead."""
    at_once: int = 8
    """Links asked for side by side."""


class DeadLink(Exception):
    """Why a link leads nowhere, in words."""


def links_of(settings: Settings) -> dict[str, str]:
    """Every URL a visitor can follow from a page, by its place in the settings."""
    found = {"terms.url": settings.terms.url} if settings.terms else {}
    for name, notice in settings.notices.items():
        found |= {f"notices.{name}.{key}": url for key, url in notice.urls.items()}
    return found


def phones_of(settings: Settings) -> list[Finding]:
    """Every number a visitor can dial: a program cannot, so a person is asked to."""
    return [
        Finding("look", f"notices.{name}.desks[{number}].phone", f"{desk.phone} ({desk.name.en}): dial it once")
        for name, notice in settings.notices.items()
        for number, desk in enumerate(notice.desks)
        if desk.phone is not None
    ]


def check_links(links: Mapping[str, str], limits: LinkLimits) -> list[Finding]:
    """One finding for each link, in their order; a URL that stands in several places is asked for once."""
    urls = list(dict.fromkeys(links.values()))
    with ThreadPoolExecutor(limits.at_once) as threads:
        words = dict(zip(urls, threads.map(lambda url: _bounded(url, limits), urls), strict=True))
    return [_finding(place, url, words[url]) for place, url in links.items()]


def _finding(place: str, url: str, fault: str) -> Finding:
    if fault:
        return Finding("bad", place, f"{url} {fault}")
    if not url.startswith("https://"):
        return Finding(
            "look", place, f"{url} answers, but unencrypted: whoever is on the way sees that it was followed"
        )
    return Finding("good", place, f"{url} answers")


def _bounded(url: str, limits: LinkLimits) -> str:
    """What is wrong with a link, or nothing. A server that sends byte after byte is left behind with its thread."""
    result: queue.SimpleQueue[str] = queue.SimpleQueue()
    threading.Thread(target=lambda: result.put(_fault(lambda: follow(url, limits))), daemon=True).start()
    try:
        return result.get(timeout=limits.link_seconds)
    except queue.Empty:
        return f"gives no whole answer within {limits.link_seconds:g} s"


def _fault(work: Callable[[], None]) -> str:
    try:
        work()
    except DeadLink as dead:
        return str(dead)
    except exceptions.SSLError as fault:
        if isinstance(fault.args[0], ssl.SSLCertVerificationError):
            return "has no certificate that browsers trust for this name"
        return "speaks no TLS that browsers speak"
    except exceptions.NameResolutionError:
        return "has a host name that is not found"
    except exceptions.NewConnectionError:
        return "cannot be reached: no connection"
    except exceptions.TimeoutError:
        return "does not answer in time"
    except (exceptions.HTTPError, OSError, ValueError):
        return "answers something that is no HTTP"
    return ""


def follow(url: str, limits: LinkLimits) -> None:
    """Ask for a page and whatever it redirects to. DeadLink, or what urllib3 raises."""
    headers = {"User-Agent": USER_AGENT, "Accept": "text/html,*/*;q=0.8"}
    with urllib3.PoolManager(timeout=limits.wait_seconds, retries=False, headers=headers) as pool:
        for _ in range(limits.redirects + 1):
            response = pool.request("GET", url, redirect=False, preload_content=False)
            response.close()  # the head is enough
            target = response.get_redirect_location()
            if not target:
                return _judge(response.status)
            further = urljoin(url, target)
            if url.startswith("https://") and urlsplit(further).scheme != "https":
                raise DeadLink("leads on to a page that is not https")
            if urlsplit(further).hostname != urlsplit(url).hostname and _is_private(further):
                raise DeadLink("leads on to an address that is not on the Internet")
            url = further
    raise DeadLink(f"leads on more than {limits.redirects} times")


def _is_private(url: str) -> bool:
    """Whether a stranger's redirect leads into the operator's own network, where nobody else could follow it."""
    try:
        found = socket.getaddrinfo(urlsplit(url).hostname, None, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError):
        return False  # asking for it will say what is wrong
    return any(not ip_address(str(place[0])).is_global for *_, place in found)


def _judge(status: int) -> None:
    if not 200 <= status < 400:
        raise DeadLink(f"answers HTTP {status}")
