"""Statement 11: where a listed name rests it is a token or ciphertext, and readable for its owner alone.

It is never in a command line, an environment or a temporary file: verbs read it from the terminal or standard input,
and what they show are ids. In the memory of an ISP's processes stands no entry that no client asked for and that is
neither exempt nor a self-test name. (Memory reaches no disk: statement 3 forbids core dumps and swap. A machine that
hibernates writes all of it, which no process can forbid: that stands in the limitations.)
"""

from __future__ import annotations

import json
import re
import stat
from collections.abc import Iterator
from datetime import datetime
from fnmatch import fnmatch
from pathlib import Path

import click
import pytest

from blocklist.publish.cli import main as mamori_list
from blocklist.publish.desk import Desk
from resolver.cli.entry import main as mamori
from tests.blocklist.publish.cli.shell import CODES
from tests.blocklist.publish.support import PASSPHRASE, new_desk
from tests.secrecy.local_world import HIDDEN, LocalWorld, wait_for
from tests.secrecy.watched_verb import Seen, typed
from tests.support.listbody import entry, now
from tests.support.markers import forms, found, found_in_files
from tests.support.memory import found_in_process
from tests.support.tools import require_root
from tests.support.verbs import verbs_of

UPDATES = 2
EXEMPT_MARKER = "exempt-quartz-marker.example"
NAME = "typed-quartz-marker.example"
ANNEX = Path(__file__).parents[2] / "docs" / "assurance" / "data-flow-annex.md"


# --- at the ISP --------------------------------------------------------------------------------------------


@pytest.mark.daemon
@pytest.mark.xdist_group("secrecy-local")
def test_no_unasked_entry_is_readable_at_an_isp(local_world: LocalWorld) -> None:
    """After updates and a withdrawal: in no file of resolver or mirror, in no process; a name that is kept is found."""
    require_root()
    world, hidden = local_world, list(HIDDEN)
    for number in range(UPDATES):
        hidden.append(f"hidden-new-{number}-quartz.example")
        world.entries.append(entry(hidden[-1]))
        world.body.publish(world.entries)
        version = world.body.body.version
        wait_for(lambda version=version: world.list_status()["version"] == version, "the version")  # type: ignore[misc]
    before = world.list_status()["withdrawn"]
    world.body.body.withdraw([world.entries.pop().id], now())
    wait_for(lambda: world.list_status()["withdrawn"] > before, "the withdrawal")
    world.daemon.exempt(EXEMPT_MARKER, "host")
    asked = world.new_name("open.example")
    for name in (world.new_name(), asked):
        world.ask(name)
    assert found_in_files(world.daemon.folder, [*hidden, EXEMPT_MARKER]) == set()
    assert found_in_files(world.body.out, hidden) == set()
    assert world.daemon.child is not None
    kinds = ("worker", "updater", "notice")
    pids = [world.daemon.child.pid, *(process.pid for kind in kinds for process in world.daemon.children(kind))]
    assert len(pids) >= 5
    for pid in pids:
        assert found_in_process(pid, hidden) == set()
    assert set().union(*(found_in_process(pid, [asked]) for pid in pids)), "what is kept of a question is not seen"


@pytest.mark.daemon
@pytest.mark.xdist_group("secrecy-local")
def test_what_rests_at_an_isp_is_its_owners_alone(local_world: LocalWorld) -> None:
    """Folders 0700, files and sockets 0600; a name planted in a file would be found by the search above."""
    local_world.daemon.exempt(EXEMPT_MARKER, "host")
    assert opened(local_world.daemon.state) == []
    planted = local_world.daemon.state / "planted"
    planted.write_bytes(b"\0" + forms(HIDDEN[0])["wire"])
    try:
        assert found_in_files(local_world.daemon.state, HIDDEN[:2])
    finally:
        planted.unlink()


@pytest.mark.daemon
@pytest.mark.xdist_group("secrecy-local")
def test_no_file_lies_there_that_the_annex_does_not_name(local_world: LocalWorld) -> None:
    """Whatever a resolver that lived through updates and restarts left in its state folder is told to counsel."""
    state = local_world.daemon.state
    there = [path.relative_to(state).as_posix() for path in state.rglob("*") if not path.is_dir()]
    assert {"host.key", "audit.jsonl", "lock"} <= set(there)
    left = [name for name in [*there, "query.log"] if not told(name)]
    assert left == ["query.log"], left


def told(name: str) -> bool:
    """Whether the data flow's table of files names this one."""
    rows = re.findall(r"^\| (`.+?) \|", ANNEX.read_text("utf-8").partition("## What is on the disk")[2], re.MULTILINE)
    named = [word.replace("<id>", "*") for row in rows for word in re.findall("`([^`]+)`", row)]
    return any(fnmatch(name, word + "*" if word.endswith("/") else word) for word in named)


def opened(folder: Path) -> list[str]:
    """What under a folder others may read or enter."""
    kinds = [(path, path.lstat().st_mode) for path in (folder, *folder.rglob("*"))]
    return [str(path) for path, mode in kinds if stat.S_IMODE(mode) & 0o077 and not stat.S_ISLNK(mode)]


# --- what is typed -----------------------------------------------------------------------------------------


@pytest.mark.daemon
@pytest.mark.xdist_group("secrecy-local")
@pytest.mark.parametrize(
    ("words", "codes"),
    [
        (["exempt", "add", "--match", "host", "--reason", "court", "--ticket", "T-1"], {0}),
        (["probe"], {0}),
        (["ask", "--server"], {0}),
    ],
    ids=lambda value: value[0] if isinstance(value, list) else "",
)
def test_a_name_typed_at_the_isp_is_nowhere_else(
    local_world: LocalWorld, tmp_path: Path, words: list[str], codes: set[int]
) -> None:
    """Command line, environment, temporary files, programs started, files left: no form of the name."""
    daemon = local_world.daemon
    words = [*words, f"127.0.0.1:{daemon.port}"] if words[0] == "ask" else [*words, "--config", str(daemon.config)]
    (tmp_path / "tmp").mkdir()
    seen = typed("resolver.cli", words, f"{NAME}\n", tmp_path)
    assert seen.code in codes, seen.stderr
    clean(seen, tmp_path, daemon.folder)
    if words[0] == "exempt":
        assert found((seen.stdout + seen.stderr).encode(), [NAME]) == set()
        shown = daemon.command("exempt", "list", "--json").stdout
        assert json.loads(shown)["exemptions"] and found(shown.encode(), [NAME]) == set()


def clean(seen: Seen, folder: Path, *trees: Path) -> None:
    """Nothing of the name was to be seen, and nothing was written beside the trees the verb is for."""
    assert found(seen.proc, [NAME]) == found(seen.told.encode(), [NAME]) == set()
    assert list((folder / "tmp").iterdir()) == []
    allowed = (*map(str, trees), "/dev/", "/proc/")
    assert [path for path in seen.written() if not path.startswith(allowed) and "__pycache__" not in path] == []
    for tree in (folder, *trees):
        assert found_in_files(tree, [NAME]) == set()


@pytest.mark.daemon
@pytest.mark.xdist_group("secrecy-local")
def test_the_watch_sees_what_is_shown(local_world: LocalWorld, tmp_path: Path) -> None:
    """Positive control: a name given as a word, one in the environment and one in a temporary file are all seen."""
    require_root()
    (tmp_path / "tmp").mkdir()
    words = ["exempt", "remove", NAME, "--config", str(local_world.daemon.config)]
    seen = typed("resolver.cli", words, "", tmp_path, PLANTED="planted-quartz-marker.example")
    assert found(seen.proc, [NAME]) and found(seen.proc, ["planted-quartz-marker.example"])
    leaky = "tests.secrecy.test_11_at_rest"
    seen = typed(leaky, [], f"{NAME}\n", tmp_path, PYTHONPATH=str(Path(__file__).parents[2]))
    assert seen.code == 0, seen.stderr
    assert found(seen.told.encode(), [NAME]) and list((tmp_path / "tmp").iterdir())


def main() -> None:
    """A verb as none should be: it puts the name it reads into a temporary file's own name."""
    import sys
    import tempfile

    with tempfile.NamedTemporaryFile(prefix=sys.stdin.readline().strip(), delete=False) as file:
        file.write(b"kept")


# --- at the list body --------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def desk_folder(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """A desk with one published entry, and the passphrase of its holders in a file beside it."""
    folder = tmp_path_factory.mktemp("desk")
    (folder / "tmp").mkdir()
    (folder / "passphrase").write_bytes(PASSPHRASE + b"\n")
    desk = Desk.create(folder / "desk", new_desk(), now())
    alice, bob = desk.unlock("alice", PASSPHRASE), desk.unlock("bob", PASSPHRASE)
    publish(desk, alice, bob, now())
    desk.close()
    yield folder


def publish(desk: Desk, alice: object, bob: object, moment: datetime) -> None:
    """List the name, signed by two, in the stage."""
    desk.insert([entry(NAME)], alice)  # type: ignore[arg-type]
    for keys in (alice, bob):
        desk.approve(keys, desk.items())  # type: ignore[arg-type]
    desk.build(alice, moment)  # type: ignore[arg-type]
    for keys in (alice, bob):
        desk.sign(keys, moment)  # type: ignore[arg-type]
    online = desk.unlock_online(lambda _: PASSPHRASE)
    desk.publish(desk.folder.parent / "out", online, moment, desk.unlock_duty("alice", PASSPHRASE))


@pytest.mark.parametrize(
    "words",
    [
        ["add", "DESK", "--editor", "bob", *CODES],
        ["objection", "open", "DESK", "--editor", "bob"],
        ["withdraw", "DESK", "--duty", "alice"],
    ],
    ids=lambda words: words[0],
)
def test_a_name_typed_at_the_desk_is_nowhere_else(desk_folder: Path, words: list[str]) -> None:
    """Adding, finding for an objection and withdrawing by name; what is printed are ids and tickets."""
    words = [str(desk_folder / "desk") if word == "DESK" else word for word in words]
    passphrase = str(desk_folder / "passphrase")
    seen = typed("blocklist.publish.cli", words, f"{NAME}\n", desk_folder, MAMORI_PASSPHRASE_FILE=passphrase)
    assert seen.code == 0, seen.stderr
    assert found((seen.stdout + seen.stderr).encode(), [NAME]) == set()
    clean(seen, desk_folder, desk_folder / "desk")
    assert opened(desk_folder / "desk" / "keys") == []
    assert [path for path in opened(desk_folder / "desk") if Path(path).is_file()] == []


def test_showing_a_desk_prints_ids_only(desk_folder: Path) -> None:
    """`show --json`, and `show --names` into a pipe, which is refused."""
    passphrase = {"MAMORI_PASSPHRASE_FILE": str(desk_folder / "passphrase")}
    desk = str(desk_folder / "desk")
    for words, code in ((["--json"], 0), (["--names", "--editor", "alice"], 2)):
        seen = typed("blocklist.publish.cli", ["show", desk, *words], "", desk_folder, **passphrase)
        assert (seen.code, found((seen.stdout + seen.stderr).encode(), [NAME])) == (code, set())


# --- every verb there is -----------------------------------------------------------------------------------

NO_NAMES = {
    "ids": "ids of entries",
    "identity": "the id of an exemption",
    "entry_id": "the id of an entry",
    "list_id": "the id of a list",
    "subscriber_id": "the id of a subscriber",
    "ticket": "a ticket's code",
    "reason": "words that others read; the typed name is refused in it",
    "digest": "a hash",
    "expected": "a hash",
    "seen": "a hash",
    "key": "the digest of a host's key",
    "server": "a resolver's address",
    "listen": "an address of a mirror",
    "hints": "an address to hint at",
    "purpose": "what a list is for",
    "criterion": "a code of the criteria set",
    "basis": "a legal ground",
    "last_resort": "a code of the criteria set",
    "columns": "names of columns",
    "delimiter": "a sign",
    "period": "months of a report",
    "label": "a period, or what a subscriber is called",
    "announce": "a promise about the size of a version",
    "editors": "people",
    "editor": "a person",
    "duties": "people",
    "duty": "a person",
    "holder": "a person",
    "name": "a person, or a key in a token",
    "replaced": "people",
    "token": "a PKCS#11 token",
    "passphrase_files": "files",
    "own_domain": "the list body's own domain",
    "origin_url": "the list body's own server",
    "origin_name": "the list body's own server",
    "server_name": "the list body's own server",
}
"""Free words of the commands, none of which is for a listed name."""


def free_words(group: click.Command) -> Iterator[str]:
    """Every argument and option that takes any text."""
    if isinstance(group, click.Group):
        for verb in verbs_of(group).values():
            yield from free_words(verb)
    yield from (each.name or "" for each in group.params if type(each.type) is type(click.STRING))


@pytest.mark.parametrize("group", [mamori, mamori_list], ids=lambda group: group.name)
def test_no_verb_takes_a_name_as_a_word(group: click.Group) -> None:
    """A new free word of a verb is noticed here: whoever adds one says what it is, and that it is no listed name."""
    assert set(free_words(group)) - NO_NAMES.keys() == set()
