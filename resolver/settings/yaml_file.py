"""YAML text -> plain data and the line of each setting: the plain part of YAML 1.2, every fault with its place.

Only `true`, `false`, `null`, numbers, texts, lists and groups exist here: no tags, merges or the guesses of
YAML 1.1 (`no` is a word, `12:30` is a text), so that a file means the same to every reader.
"""

import re
from typing import Any

import yaml
from attrs import Factory, define

from resolver.settings.faults import Fault, SettingsFault

MOST_BYTES = 1 << 20  # a settings file beyond 1 MiB is a mistake
MOST_DEPTH = 32  # groups within groups
MOST_VALUES = 50_000  # aliases can make much out of a short file

_WORDS: dict[str, bool | None] = {"true": True, "false": False, "null": None, "~": None, "": None}
_PLAIN_TAGS = {"tag:yaml.org,2002:str", "tag:yaml.org,2002:seq", "tag:yaml.org,2002:map"}


@define
class Document:
    """What a file says, and on which line (from 1) each path of it stands."""

    data: Any = None
    lines: dict[str, int] = Factory(dict)

    def line_of(self, path: str) -> int | None:
        """Return the line of a path, or of the nearest thing around it."""
        while path and path not in self.lines:
            path = re.sub(r"(?:^|\.)[^.\[]*$|\[\d+\]$", "", path)
        return self.lines.get(path)


def read_yaml(data: bytes) -> Document:
    """Read one YAML document; SettingsFault says line and column of what cannot be read."""
    if len(data) > MOST_BYTES:
        raise SettingsFault([Fault("", f"the file has more than {MOST_BYTES >> 10} KiB: this is no settings file")])
    document = Document()
    try:
        node = yaml.compose(data.decode("utf-8-sig"), Loader=yaml.BaseLoader)
        document.data = _value(node, "", document.lines, 0) if node else {}
    except UnicodeDecodeError as error:
        line = data[: error.start].count(b"\n") + 1
        raise SettingsFault([Fault("", "not UTF-8 text: save the file as UTF-8", line)]) from None
    except yaml.MarkedYAMLError as error:
        raise SettingsFault([_fault(error)]) from None
    except (yaml.YAMLError, RecursionError) as error:
        text = "nested too deep" if isinstance(error, RecursionError) else str(error)
        raise SettingsFault([Fault("", f"not YAML: {text}")]) from None
    return document


def _fault(error: yaml.MarkedYAMLError) -> Fault:
    mark = error.problem_mark or error.context_mark
    text = f"{error.problem or error.context}"
    return Fault("", f"column {mark.column + 1}: {text}", mark.line + 1) if mark else Fault("", text)


def _value(node: yaml.Node, path: str, lines: dict[str, int], depth: int) -> Any:
    if path:
        lines[path] = node.start_mark.line + 1
    if depth > MOST_DEPTH or len(lines) > MOST_VALUES:
        raise _at(node, "nested too deep" if depth > MOST_DEPTH else f"more than {MOST_VALUES} values")
    if node.tag not in _PLAIN_TAGS:
        raise _at(node, "tags (!…) are not used here: write the plain value")
    if isinstance(node, yaml.ScalarNode):
        return _scalar(node.value) if node.style is None else node.value
    if isinstance(node, yaml.SequenceNode):
        return [_value(each, f"{path}[{number}]", lines, depth + 1) for number, each in enumerate(node.value)]
    return _group(node, path, lines, depth)


def _group(node: yaml.Node, path: str, lines: dict[str, int], depth: int) -> dict[str, Any]:
    group: dict[str, Any] = {}
    for key, each in node.value:
        if not isinstance(key, yaml.ScalarNode):
            raise _at(key, "a key must be a word")
        if key.value in group:
            raise _at(key, f"{key.value} stands here twice: keep one")
        place = f"{path}.{key.value}" if path else key.value
        group[key.value] = _value(each, place, lines, depth + 1)
        lines[place] = key.start_mark.line + 1
    return group


def _scalar(text: str) -> str | int | float | bool | None:
    if text in _WORDS:
        return _WORDS[text]
    if re.fullmatch(r"[-+]?[0-9]{1,18}", text):
        return int(text)
    if re.fullmatch(r"[-+]?[0-9]{1,18}\.[0-9]{0,18}", text):
        return float(text)
    return text


def _at(node: yaml.Node, problem: str) -> yaml.MarkedYAMLError:
    return yaml.MarkedYAMLError(problem=problem, problem_mark=node.start_mark)
