"""YAML text -> plain data with lines."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from resolver.settings.faults import SettingsFault
from resolver.settings.yaml_file import MOST_BYTES, read_yaml


def fault_of(text: str | bytes) -> tuple[int | None, str]:
    with pytest.raises(SettingsFault) as caught:
        read_yaml(text.encode() if isinstance(text, str) else text)
    (fault,) = caught.value.faults
    return fault.line, fault.message


def test_plain_yaml_is_read_by_the_rules_of_1_2() -> None:
    """`no` is a word, a day is a text, `0800` is a number: none of the guesses of YAML 1.1."""
    text = "a: no\nb: 2026-11-22\nc: 0800\nd: 12:30\ne: true\nf: ~\ng: [1.5, -2, '3']\nh: {i: on}\nj:\n"
    assert read_yaml(text.encode()).data == {
        "a": "no",
        "b": "2026-11-22",
        "c": 800,
        "d": "12:30",
        "e": True,
        "f": None,
        "g": [1.5, -2, "3"],
        "h": {"i": "on"},
        "j": None,
    }


def test_an_empty_file_is_an_empty_group() -> None:
    """Nothing but comments is no crash; what is missing is then told by the reader."""
    assert read_yaml(b"# nothing\n").data == {}


def test_each_path_has_its_line() -> None:
    """Faults can be told with the line; what is missing gets the line of what it is missing in."""
    document = read_yaml(b"# head\nlists:\n  - id: a\n    ede: 4\n  - id: b\n")
    assert document.line_of("lists[0].ede") == 4
    assert document.line_of("lists[1].decided_by") == 5
    assert document.line_of("terms") is None


@pytest.mark.parametrize(
    ("text", "line", "message"),
    [
        ("a: 1\na: 2\n", 2, "a stands here twice"),
        ("x:\n  b: [1, 2\n", 3, "column 1"),
        ("a: !!python/object:os.system {}\n", 1, "tags"),
        ("a: 1\n? [b]\n: c\n", 2, "a key must be a word"),
        ("a: 1\n---\nb: 2\n", 2, "document"),
        ("a:\n\t- b\n", 2, "column 1"),
    ],
)
def test_what_is_not_plain_is_refused_with_its_line(text: str, line: int, message: str) -> None:
    """Doubled keys, broken brackets, anchors, tags and second documents."""
    found, told = fault_of(text)
    assert found == line
    assert message in told


def test_bytes_that_are_no_text_and_files_that_are_too_large() -> None:
    """Told plainly, with the line of the first bad byte."""
    assert fault_of(b"a: 1\nb: \xff\n") == (2, "not UTF-8 text: save the file as UTF-8")
    assert "this is no settings file" in fault_of(b"#" * (MOST_BYTES + 1))[1]
    assert "not YAML" in fault_of("a: \x07\n")[1]


def test_depth_and_size_are_bounded() -> None:
    """A deep nest, an endless one and one that multiplies itself are faults, not crashes; a plain alias is read."""
    assert read_yaml(b"a: &x {b: 1}\nc: *x\n").data == {"a": {"b": 1}, "c": {"b": 1}}
    assert "nested too deep" in fault_of("a: &x [*x]")[1]
    assert (
        "more than"
        in fault_of("\n".join(["a0: &x0 1", *(f"a{n}: &x{n} [{f'*x{n - 1},' * 9}]" for n in range(1, 9))]))[1]
    )
    assert "nested too deep" in fault_of("[" * 40 + "]" * 40)[1]
    assert "nested too deep" in fault_of("[" * 100_000)[1]


@given(st.text(alphabet=st.sampled_from("ab:-[]{}&*!|>'\"#, \n\t?%@`0123é\x00"), max_size=60))
def test_junk_text_is_data_or_a_settings_fault(text: str) -> None:
    """Whatever the file holds, nothing but SettingsFault is ever raised."""
    try:
        read_yaml(text.encode())
    except SettingsFault as fault:
        assert fault.faults
