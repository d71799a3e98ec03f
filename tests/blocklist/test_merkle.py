"""Merkle trees, against the recursive definitions of RFC 9162 and the vectors everybody uses."""

import hashlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from blocklist.errors import PublisherFault
from blocklist.merkle import Frontier, inclusion_path, leaf_hash, root, root_from_path, verify_inclusion

# Leaves and roots of the reference tests of Certificate Transparency (certificate-transparency-go, merkle testonly).
REFERENCE_LEAVES = [
    bytes.fromhex(text)
    for text in (
        "",
        "00",
        "10",
        "2021",
        "3031",
        "40414243",
        "5051525354555657",
        "606162636465666768696a6b6c6d6e6f",
    )
]
REFERENCE_ROOTS = (
    "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
    "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
    "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
    "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
    "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4",
    "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef",
    "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c",
    "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328",
)
LEAVES = st.lists(st.binary(max_size=4).map(leaf_hash), min_size=1, max_size=40, unique=True)


def mth(leaves: list[bytes]) -> bytes:
    """RFC 9162 section 2.1.1, as written."""
    if len(leaves) == 1:
        return leaves[0]
    left = 1 << (len(leaves) - 1).bit_length() - 1
    return hashlib.sha256(b"\1" + mth(leaves[:left]) + mth(leaves[left:])).digest()


def rfc_path(place: int, leaves: list[bytes]) -> list[bytes]:
    """RFC 9162 section 2.1.3.1, as written."""
    if len(leaves) == 1:
        return []
    left = 1 << (len(leaves) - 1).bit_length() - 1
    if place < left:
        return [*rfc_path(place, leaves[:left]), mth(leaves[left:])]
    return [*rfc_path(place - left, leaves[left:]), mth(leaves[:left])]


def frontier(leaves: list[bytes]) -> Frontier:
    edge = Frontier()
    for leaf in leaves:
        edge = edge.append(leaf)
    return edge


def test_the_reference_vectors_hold() -> None:
    """Roots of the first to the eighth reference tree, and of the empty one."""
    hashes = [leaf_hash(leaf) for leaf in REFERENCE_LEAVES]
    assert tuple(root(hashes[:size]).hex() for size in range(1, 9)) == REFERENCE_ROOTS
    assert tuple(frontier(hashes[:size]).root().hex() for size in range(1, 9)) == REFERENCE_ROOTS
    assert root([]) == Frontier().root() == hashlib.sha256().digest()


@given(LEAVES)
def test_root_and_frontier_are_the_recursive_root(leaves: list[bytes]) -> None:
    """The frontier grown leaf by leaf knows the same root, also after a trip through JSON at any point."""
    middle = Frontier.from_json(frontier(leaves[: len(leaves) // 2]).to_json())
    for leaf in leaves[len(leaves) // 2 :]:
        middle = middle.append(leaf)
    assert root(leaves) == mth(leaves) == middle.root()
    assert middle == frontier(leaves)
    assert middle.size == len(leaves)


@given(LEAVES, st.data())
def test_paths_are_the_recursive_ones_and_prove_their_place_only(leaves: list[bytes], data: st.DataObject) -> None:
    """Each leaf at its place; another leaf, place, size, hash or root does not verify."""
    size, place = len(leaves), data.draw(st.integers(0, len(leaves) - 1))
    path, top = inclusion_path(leaves, place), root(leaves)
    assert list(path) == rfc_path(place, leaves)
    assert verify_inclusion(leaves[place], place, size, path, top)
    assert not verify_inclusion(leaf_hash(b"other"), place, size, path, top)
    assert not verify_inclusion(leaves[place], place, size, path, leaf_hash(b"other"))
    assert not verify_inclusion(leaves[place], place, size, (*path, top), top)
    for wrong in range(-1, size + 1):
        if wrong != place:
            assert not verify_inclusion(leaves[place], wrong, size, path, top)
    for at in range(len(path)):
        assert not verify_inclusion(leaves[place], place, size, (*path[:at], leaf_hash(b"x"), *path[at + 1 :]), top)


def test_a_path_of_another_tree_is_refused() -> None:
    """Its length must be that of the place in a tree of this size."""
    with pytest.raises(PublisherFault, match="this size"):
        root_from_path(leaf_hash(b"a"), 0, 2, ())
    with pytest.raises(IndexError):
        inclusion_path([leaf_hash(b"a")], 1)


@pytest.mark.parametrize(
    "value",
    [None, {}, {"size": 1, "peaks": []}, {"size": -1, "peaks": []}, {"size": 1, "peaks": ["ab"]},
     {"size": 1, "peaks": ["AB" * 32]}, {"size": 0, "peaks": [], "more": 1}],
)  # fmt: skip
def test_a_damaged_frontier_is_refused(value: object) -> None:
    """As many peaks as bits are set in the size, each a digest."""
    with pytest.raises(PublisherFault):
        Frontier.from_json(value)
