"""Frames are counted as their heads go by."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from resolver.edge.serving.http2_beginning import HTTP1_ANSWER, PREFACE, FrameCount


@given(st.lists(st.integers(0, 40), max_size=20), st.lists(st.integers(1, 7)))
def test_frames_are_counted_wherever_the_bytes_are_cut(lengths: list[int], cuts: list[int]) -> None:
    """A frame counts once, when its head is whole."""
    data = PREFACE + b"".join(length.to_bytes(3, "big") + bytes(6) + b"\xff" * length for length in lengths)
    counter, found, at = FrameCount(), 0, 0
    for cut in (*cuts, len(data)):
        found += counter.count(data[at : at + cut])
        at += cut
    assert found == len(lengths)


def test_the_answer_to_http1_is_whole() -> None:
    """Its length is the one it announces."""
    head, _, body = HTTP1_ANSWER.partition(b"\r\n\r\n")
    assert f"Content-Length: {len(body)}".encode() in head.split(b"\r\n")
