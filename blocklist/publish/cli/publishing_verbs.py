"""`stamp`: the machine that publishes. Once, or as a daemon over a drop folder."""

import json
import signal
import sys
import threading
import time
from pathlib import Path
from typing import Any, Final

import click
from attrs import define, field

from blocklist.publish.cli.door import Door, Passphrases
from blocklist.publish.cli.options import FILE, FOLDER, json_option, keys_option, passphrase_option
from blocklist.publish.cli.showing import tell
from blocklist.publish.files import read_file
from blocklist.publish.keys.online import OnlineFolder
from blocklist.publish.keys.setup import KEYS_FOLDER, ROOT_FILE
from blocklist.publish.publication import drop
from blocklist.publish.publication.hint import Hinter, Subscriber
from blocklist.publish.publication.nginx import Origin, Site, Tls, caching_front, published_folder
from blocklist.publish.publication.outlet import Outlet
from blocklist.publish.publication.outlets import Outlets
from blocklist.publish.publication.stamping import Stamper

ALARM_AGAIN: Final = 60.0  # seconds after which the same alarm is told again


@click.command()
@click.argument("folders", metavar="[DESK] OUT…", type=FOLDER, nargs=-1, required=True)
@click.option("--daemon", is_flag=True, help="Go on: publish what comes into --drop, stamp every 5 minutes.")
@click.option("--drop", "drop_folder", metavar="DROP", type=FOLDER, help="Where signed roles are handed over.")
@click.option("--root", "root_file", type=FILE, help="root.json this machine was given by hand [KEYS/root.json].")
@click.option("--hint", "hints", metavar="HOST:PORT", multiple=True, help="A subscriber to tell by UDP to look now.")
@click.option("--status", "status_file", metavar="FILE", type=FILE, help="Keep versions, ends and counts there (JSON).")
@keys_option
@passphrase_option
@json_option
@click.pass_context
def stamp(
    ctx: click.Context,
    *,
    folders: tuple[Path, ...],
    daemon: bool,
    drop_folder: Path | None,
    root_file: Path | None,
    hints: tuple[str, ...],
    status_file: Path | None,
    keys_folder: Path | None,
    passphrase_files: tuple[str, ...],
    as_json: bool,
) -> None:
    """Renew the timestamp of OUT, and its snapshot when that nears its expiry.

    A machine that only stamps has no desk: name the folder of its key files with --keys. With --daemon it also takes
    what is handed over into DROP, proves it and publishes it; name several OUT for several mirrors, a local one first.
    """
    door, passphrases = ctx.ensure_object(Door), Passphrases.read(passphrase_files)
    if not daemon:
        _stamp_once(folders, keys_folder, passphrases, door, as_json)
        return
    if drop_folder is None or keys_folder is None:
        raise click.UsageError("--daemon needs --drop and --keys")
    teller = Teller(as_json)
    hinter = Hinter([Subscriber.read(text) for text in hints], teller.alarm)
    root = read_file(root_file or keys_folder / ROOT_FILE, "root.json given by hand")
    stamper = Stamper(
        drop_folder,
        Outlets(folders, [root], teller.alarm),
        OnlineFolder(keys_folder, passphrases.get).keys_for,
        teller.say,
        teller.alarm,
        status_file,
    )
    _run(stamper, hinter, door)


def _stamp_once(
    folders: tuple[Path, ...], keys_folder: Path | None, passphrases: Passphrases, door: Door, as_json: bool
) -> None:
    *desk, out = folders
    if len(desk) > 1 or not (desk or keys_folder):
        raise click.UsageError("name DESK and OUT, or OUT and --keys")
    keys = OnlineFolder(keys_folder or desk[0] / KEYS_FOLDER, passphrases.get)
    version = Outlet(out).stamp(keys.keys_for(Outlet(out).newest_root()), door.now())
    tell({"timestamp": version}, as_json=as_json, lines=[f"timestamp version {version}"])


def _run(stamper: Stamper, hinter: Hinter, door: Door) -> None:
    """Tick until somebody asks to end (SIGTERM, Ctrl-C); what is at work then is finished first."""
    stop = threading.Event()
    for ending in (signal.SIGTERM, signal.SIGINT):
        signal.signal(ending, lambda *_: stop.set())
    with drop.watching(stamper.drop):
        stamper.start()
        stamper.keys_for(stamper.root)  # a wrong passphrase is told now, not in the first alarm
        stamper.say("ready", {"folders": len(stamper.outlets.folders)})
        while not stop.is_set():
            if stamper.tick(door.now(), time.monotonic()):
                hinter.announce(time.monotonic())
            hinter.tick(time.monotonic())
            stop.wait(stamper.limits.poll_seconds)


@define
class Teller:
    """Events on standard output, alarms on standard error; the same alarm not more than once a minute."""

    as_json: bool
    _told: dict[str, float] = field(factory=dict, init=False)

    def say(self, event: str, facts: dict[str, Any]) -> None:
        """One line an event."""
        shown = " ".join(f"{name}={value}" for name, value in facts.items())
        self._line(json.dumps({"event": event, **facts}) if self.as_json else f"{event} {shown}".rstrip(), err=False)

    def alarm(self, text: str) -> None:
        """One line an alarm."""
        now = time.monotonic()
        self._told = {known: at for known, at in self._told.items() if now < at + ALARM_AGAIN}
        if text not in self._told:
            self._told[text] = now
            self._line(json.dumps({"alarm": text}) if self.as_json else f"ALARM {text}", err=True)

    def _line(self, text: str, *, err: bool) -> None:
        click.echo(text, err=err)
        (sys.stderr if err else sys.stdout).flush()


@click.command()
@click.argument("out", type=FOLDER, required=False)
@click.option("--cache", "origin_url", metavar="URL", help="Be a cache in front of URL, instead of serving OUT.")
@click.option("--server-name", required=True, help="The name subscribers ask for.")
@click.option("--listen", multiple=True, default=["0.0.0.0:443", "[::]:443"], show_default=True, metavar="ADDR:PORT")
@click.option("--certificate", type=FILE, required=True, help="The server's certificate chain (PEM).")
@click.option("--key", type=FILE, required=True, help="Its key (PEM).")
@click.option("--client-ca", type=FILE, help="Ask clients for a certificate of this authority.")
@click.option("--cache-folder", type=FOLDER, default="/var/cache/nginx/mamori", show_default=True)
@click.option("--origin-ca", type=FILE, help="Authority of the origin's certificate [the system's].")
@click.option("--origin-name", help="Name in the origin's certificate [the URL's].")
@click.option("--origin-certificate", type=FILE, help="Certificate to show to the origin.")
@click.option("--origin-key", type=FILE, help="Its key.")
@json_option
def nginx(
    *,
    out: Path | None,
    origin_url: str | None,
    server_name: str,
    listen: tuple[str, ...],
    certificate: Path,
    key: Path,
    client_ca: Path | None,
    cache_folder: Path,
    origin_ca: Path | None,
    origin_name: str | None,
    origin_certificate: Path | None,
    origin_key: Path | None,
    as_json: bool,
) -> None:
    """Print a server configuration for nginx (its http context): for the folder OUT, or for a cache."""
    if (out is None) == (origin_url is None):
        raise click.UsageError("name OUT, or --cache URL")
    site = Site(server_name, listen, Tls(certificate, key, client_ca))
    if out is not None:
        text = published_folder(site, out)
    else:
        origin = Origin(origin_url or "", cache_folder, origin_ca, origin_certificate, origin_key, origin_name)
        text = caching_front(site, origin)
    tell({"nginx": text}, as_json=as_json, lines=text.splitlines())
