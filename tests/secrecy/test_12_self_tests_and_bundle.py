"""Statement 12: self-tests are no block events, rate-limit state is salted and goes, a support bundle tells nothing.

Names the list body made to be asked for are blocked and never counted. Who asked how much stands under a hash that is
salted anew in each process, and goes when nobody asks, traffic or not. A support bundle holds settings without secrets,
versions, ages and alarms: after marker names and addresses went through the resolver by every way, no form of one is in
it.
"""

from __future__ import annotations

import gc
import json
import mmap
import os
import shutil
import socket
import subprocess
import sys
import weakref
from pathlib import Path
from types import FunctionType, ModuleType
from typing import Any

import pytest
import yaml
from attrs import evolve

from resolver.cli.bundle.archive import pack, unpack
from resolver.core.access import packed_address
from resolver.core.config import RateRule
from resolver.core.counters import Counters, Layout
from resolver.core.rate_limit import Rate
from tests.resolver.core.world import CONFIG, World, index_of, question
from tests.secrecy.local_world import LISTED, SELF_TEST, LocalWorld, wait_for
from tests.support.asking import query
from tests.support.markers import found
from tests.support.tools import require_root
from tests.support.transports import EVERY

HOME, RELAY = "10.11.12.13", "2001:db8:11:12::13"
ROOT = Path(__file__).parents[2]
MARKERS = {
    "listed": f"bundle-quartz-marker.{LISTED}",
    "open": "bundle-quartz-marker.open.example",
    "client": "127.88.77.66",
    "customer": "203.0.113.0",
    "never": "never-quartz-marker.example",
    "zone": "zone-quartz-marker.example",
    "view": "view-quartz-marker",
    "decided": "decider-quartz-marker",
    "node": "node-quartz-marker",
    "exempt": "exempt-bundle-quartz-marker.example",
    "reason": "reason-quartz-marker",
}


# --- self-tests --------------------------------------------------------------------------------------------


def blocks(world: World) -> tuple[int, ...]:
    return world.numbers.blocks


def test_a_self_test_is_blocked_and_not_counted() -> None:
    """On the core, exactly: over each transport, kept or not, itself and below; a listed name beside it is counted."""
    config = evolve(CONFIG, rate_limit=RateRule())
    world = World(config=config, index=index_of(["blk.example"], test=["st.example"]))
    for transport in range(len(EVERY)):
        for name in ("st.example", "www.st.example") * 2:
            answer = world.ask(name, transport=transport)
            assert answer.answer[0][0].to_text() == "192.0.2.1"
    assert blocks(world) == (0,)
    world.ask("blk.example")
    assert blocks(world) == (1,)


@pytest.mark.daemon
@pytest.mark.xdist_group("secrecy-local")
def test_no_self_test_is_an_event_in_the_running_resolver(local_world: LocalWorld) -> None:
    """In the counters' own memory, which only root can see: a hundred self-tests add nothing, a visit adds one."""
    require_root()
    world = local_world
    wait_for(lambda: world.list_status()["self_tests"]["ok"] > 0, "the resolver's own first round")
    before = counted(world)
    for number in range(25):
        for transport in EVERY:
            world.ask(SELF_TEST if number % 2 else f"n{number}.{SELF_TEST}", "A", transport)
    assert counted(world) == before
    for rdtype in ("A", "AAAA", "HTTPS"):  # what a browser asks for one visit
        world.ask(world.new_name(), rdtype)
    assert counted(world) == before + 1


def counted(world: LocalWorld) -> int:
    """Block events of all workers since they began."""
    assert world.daemon.child is not None
    layout, cells = Layout(len(world.upstream_addresses), 1), {}
    for fd in Path(f"/proc/{world.daemon.child.pid}/fd").iterdir():
        if "mamori-counters" in str(fd.readlink()):
            with fd.open("rb") as file, mmap.mmap(file.fileno(), 0, prot=mmap.PROT_READ) as memory:
                cells[fd.stat().st_ino] = bytearray(memory)  # the supervisor may hold one by two descriptors
    return sum(sum(Counters(layout, memoryview(each).cast("Q")).read().blocks) for each in cells.values())


# --- what is known of a client's rate ----------------------------------------------------------------------


def test_two_processes_know_a_client_by_different_numbers() -> None:
    """Started as the resolver starts its children, with a fixed seed in the environment: salted all the same."""
    script = (
        "from resolver.core.config import CoreConfig\n"
        "from resolver.core.client_table import ClientTable\n"
        "from resolver.core.access import Access, packed_address\n"
        "from resolver.core.counters import Counters, Layout\n"
        "from resolver.core.hit_path import PureHitPath\n"
        "from resolver.core.door import Door\n"
        "from resolver.core.views import Views\n"
        "from ipaddress import ip_network\n"
        "config = CoreConfig(upstreams=(), lists=(), allow=(ip_network('10.0.0.0/8'),))\n"
        "views = Views(config)\n"
        "table = ClientTable(config, Access(config.allow, ()), views, PureHitPath(Counters.in_memory(Layout(0, 0))))\n"
        "chooser = views.at('127.0.0.1:53')\n"
        "door = Door(0, '127.0.0.1:53', chooser, *table.hosts(chooser))\n"
        f"table.find(packed_address('{HOME}'), door, 0.0)\n"
        "print(*door.clients, *table._served._young)\n"
    )
    seeded = os.environ | {"PYTHONHASHSEED": "0"}
    command = [sys.executable, "-I", "-c", f"import sys; sys.path.insert(0, {str(ROOT)!r})\n{script}"]
    one, other = (
        set(subprocess.run(command, env=seeded, capture_output=True, text=True, check=True).stdout.split())
        for _ in range(2)
    )
    assert len(one) == len(other) == 2
    assert not one & other


@pytest.mark.daemon
@pytest.mark.xdist_group("secrecy-local")
def test_the_resolver_starts_its_workers_with_a_salt(local_world: LocalWorld) -> None:
    """Isolated from the environment (`-I`), so that no variable there can fix the salt."""
    workers = local_world.daemon.children("worker")
    assert workers and all("-I" in worker.cmdline() for worker in workers)


@pytest.mark.parametrize("asks_on", [True, False], ids=["others ask on", "nobody asks any more"])
def test_nothing_of_a_client_is_left_when_it_has_expired(asks_on: bool) -> None:
    """Twice the time after its last question its budget, its places in the tables and its address are gone."""
    strange = {id(each) for each in known_budgets()}  # of other tests in this process
    world = World(config=evolve(CONFIG, rate_limit=RateRule(Rate(10, 20))))
    for host in (HOME, "192.0.2.99"):  # a customer, and a stranger who is refused
        for number in range(5):
            world.raw(question(f"n{number}.blk.example"), host)
    budgets = [weakref.ref(each) for each in known_budgets() if id(each) not in strange]
    assert len(budgets) >= 2 and known(world, HOME)
    end = world.now + 2 * world.config.limits.forget_seconds + 2
    while world.now < end:
        if asks_on:
            world.raw(question("other.blk.example"), "10.99.0.1")
        world.pass_time(10)
    gc.collect()
    assert not known(world, HOME)
    alive = [each for each in (ref() for ref in budgets) if each is not None]
    assert len(alive) <= int(asks_on)
    texts = strings_of(world)
    assert "demo" in texts and HOME not in texts


def known_budgets() -> list[Any]:
    """The budgets in Python, and the clients whose budget stands in C."""
    return [each for each in gc.get_objects() if type(each).__name__ in ("Budget", "NativeClient")]


def known(world: World, host: str) -> bool:
    """Whether the hot path knows the host."""
    return hash(packed_address(host)) in world.door().clients


def strings_of(world: World) -> set[str]:
    """Every text that can be reached from the core."""
    seen: set[int] = set()
    waiting: list[Any] = [world.forwarder]
    texts: set[str] = set()
    while waiting:
        each = waiting.pop()
        if id(each) in seen or isinstance(each, type | ModuleType | FunctionType):
            continue
        seen.add(id(each))
        if isinstance(each, str):
            texts.add(each)
        waiting += gc.get_referents(each)
    return texts


# --- the support bundle ------------------------------------------------------------------------------------


@pytest.mark.daemon
@pytest.mark.xdist_group("secrecy-local")
def test_a_bundle_after_markers_went_through_everything(local_world: LocalWorld, tmp_path: Path) -> None:
    """Over every transport, answered and broken; exempted with a reason; named in settings: not one is in it."""
    config, out = told_config(local_world, tmp_path), tmp_path / "bundle.tar"
    drive(local_world)
    done = local_world.daemon.run("support-bundle", "--config", str(config), "--out", str(out))
    assert done.returncode == 0, done.stderr
    data = out.read_bytes()
    secrets = [*MARKERS.values(), *own_secrets(local_world)]
    assert found(data, secrets) == set()
    assert found((done.stdout + done.stderr).encode(), secrets) == set()
    told = json.loads(unpack(data)["status.json"])
    assert (told["running"], told["lists"][0]["list_id"], told["lists"][0]["enforcing"]) == (True, "demo", True)
    assert told["preflight"]["standing"] == "not_required"
    assert json.loads(unpack(data)["versions.json"])["mamori"] == told["version"]
    assert not {"queries", "cache", "views"} & told.keys() and "released" not in json.dumps(told)


def drive(world: LocalWorld) -> None:
    """Marker names from a marker address, by all transports; a broken message; an exemption."""
    for transport in EVERY:
        for key in ("listed", "open"):
            world.ask(MARKERS[key], "A", transport)
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as client:
        client.bind((MARKERS["client"], 0))
        for wire in (query(MARKERS["listed"]).to_wire(), query(MARKERS["open"]).to_wire()[:-7]):
            client.sendto(wire, ("127.0.0.1", world.daemon.port))
    words = ("exempt", "add", "--match", "host", "--reason", MARKERS["reason"], "--ticket", "T-9")
    assert world.daemon.command(*words, stdin=MARKERS["exempt"] + "\n").returncode == 0


def told_config(world: LocalWorld, folder: Path) -> Path:
    """The resolver's settings with a marker wherever a customer, a person or a site may be named."""
    settings = json.loads(json.dumps(world.daemon.settings))
    settings["lists"][0] |= {"never": [MARKERS["never"]], "decided_by": MARKERS["decided"]}
    settings["access"] = {"allow": [f"{MARKERS['customer']}/24", "127.0.0.0/8"]}
    settings["views"] = [{"name": MARKERS["view"], "from": [f"{MARKERS['customer']}/25"], "lists": []}]
    settings["forward"][0]["zones"] = [MARKERS["zone"]]
    settings["identity"] = {"nsid": MARKERS["node"]}
    config = folder / "resolver.yaml"
    config.write_text(yaml.safe_dump(settings, allow_unicode=True))
    return config


def own_secrets(world: LocalWorld) -> list[str]:
    """Where things lie, and names of its own."""
    return [str(world.daemon.folder), world.daemon.tls_name, "isp.example"]


@pytest.mark.daemon
@pytest.mark.xdist_group("secrecy-local")
def test_a_bundle_without_a_resolver_tells_what_the_disk_holds(local_world: LocalWorld, tmp_path: Path) -> None:
    """Versions and ages of its lists as the state folder holds them; the same search finds nothing."""
    world, out, config = local_world, tmp_path / "bundle.tar", tmp_path / "resolver.yaml"
    shutil.copytree(world.daemon.state, tmp_path / "state", ignore=shutil.ignore_patterns("*.sock", "*.new"))
    config.write_text(yaml.safe_dump(world.daemon.settings | {"state": str(tmp_path / "state")}, allow_unicode=True))
    done = world.daemon.run("support-bundle", "--config", str(config), "--out", str(out))
    assert done.returncode == 0, done.stderr
    told = json.loads(unpack(out.read_bytes())["status.json"])
    assert told["running"] is False
    assert (told["lists"][0]["list_id"], told["lists"][0]["version"]) == ("demo", world.body.body.version)
    assert found(out.read_bytes(), [*MARKERS.values(), *own_secrets(world)]) == set()


def test_the_search_finds_what_is_planted_in_a_bundle() -> None:
    """Positive control: in the archive as it is written, each marker is found, as text and in base64."""
    for marker in MARKERS.values():
        assert found(pack({"status.json": b'{"x": "' + marker.encode() + b'"}'}), [marker])
