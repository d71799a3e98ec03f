"""Files as one archive."""

from __future__ import annotations

import io
import tarfile

from resolver.cli.bundle.archive import pack, unpack

FILES = {"b.json": b"{}", "a.txt": b"text\n"}


def test_bytes_depend_on_the_files_alone() -> None:
    """The same files give the same archive, in whatever order they come; another content gives another."""
    assert pack(FILES) == pack(dict(reversed(FILES.items())))
    assert pack(FILES) != pack(FILES | {"a.txt": b"other\n"})
    assert unpack(pack(FILES)) == FILES


def test_nothing_of_this_machine_is_in_it() -> None:
    """No owner, no time; what is unpacked is its owner's alone and lies in one folder."""
    with tarfile.open(fileobj=io.BytesIO(pack(FILES))) as archive:
        members = archive.getmembers()
    assert {(each.uid, each.gid, each.uname, each.gname, each.mtime, each.mode) for each in members} == {
        (0, 0, "", "", 0, 0o600)
    }
    assert {each.name.partition("/")[0] for each in members} == {"mamori-support"}
