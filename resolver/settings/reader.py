"""Plain data -> settings, by cattrs: all faults are collected, each with its path."""

from collections.abc import Callable, Iterator, Mapping
from functools import lru_cache
from pathlib import Path
from typing import Annotated, Any, get_args, get_origin

import attrs
import cattrs
from cattrs import AttributeValidationNote, IterableValidationNote
from cattrs.gen import make_dict_structure_fn, make_mapping_structure_fn, override

from resolver.settings.checks import cross_faults
from resolver.settings.faults import Fault, SettingsFault
from resolver.settings.fields import key_of
from resolver.settings.kinds import found, suggestion
from resolver.settings.model import Settings

_Hook = Callable[[Any, Any], Any]


def parse(mapping: object, *, base: Path) -> Settings:
    """Read settings out of plain data; relative paths start at `base`. SettingsFault names every fault at once."""
    try:
        settings = _converter(base.absolute()).structure(mapping, Settings)
    except Exception as error:  # noqa: BLE001  cattrs hands on whatever a hook raised; all of it is the operator's data
        raise SettingsFault(sorted(_faults(error, ""), key=str)) from None
    faults = tuple(cross_faults(settings))
    if faults:
        raise SettingsFault(faults)
    return settings


@lru_cache(maxsize=8)
def _converter(base: Path) -> cattrs.Converter:
    converter = cattrs.Converter(forbid_extra_keys=True, detailed_validation=True)
    converter.register_structure_hook_factory(attrs.has, lambda kind: _section(kind, converter))
    converter.register_structure_hook_factory(_is_list, lambda kind: _list_of(get_args(kind)[0], converter))
    converter.register_structure_hook_factory(_is_group, lambda kind: _group_of(kind, converter))
    converter.register_structure_hook_factory(_is_leaf, lambda kind: _leaf(kind, base))
    return converter


def _is_leaf(kind: Any) -> bool:
    return get_origin(kind) is Annotated and hasattr(get_args(kind)[1], "read")


def _is_list(kind: Any) -> bool:
    return get_origin(kind) is tuple


def _is_group(kind: Any) -> bool:
    return get_origin(kind) is dict


def _leaf(kind: Any, base: Path) -> _Hook:
    read = get_args(kind)[1].read
    if get_args(kind)[0] is Path:
        return lambda value, _: base / read(value)
    return lambda value, _: read(value)


def _section(kind: Any, converter: cattrs.Converter) -> _Hook:
    renamed: dict[str, Any] = {each.name: override(rename=key_of(each.name)) for each in attrs.fields(kind)}
    structure = make_dict_structure_fn(kind, converter, _cattrs_forbid_extra_keys=True, **renamed)

    def read(value: Any, _: Any) -> Any:
        if not isinstance(value, Mapping) or not all(isinstance(key, str) for key in value):
            raise ValueError(f"expected a group of settings (key: value), found {found(value)}")
        return structure(_long_form(kind, value), kind)

    return read


def _long_form(kind: Any, value: Mapping[str, Any]) -> Mapping[str, Any]:
    """`url: x` is the short form of `urls: [x]`."""
    if "url" in value and "urls" not in value and any(each.name == "urls" for each in attrs.fields(kind)):
        return {key: each for key, each in value.items() if key != "url"} | {"urls": [value["url"]]}
    return value


def _list_of(kind: Any, converter: cattrs.Converter) -> _Hook:
    def read(value: Any, _: Any) -> tuple[Any, ...]:
        if not isinstance(value, list | tuple):
            raise ValueError(f"expected a list, found {found(value)}")
        return tuple(converter.structure(value, list[kind]))

    return read


def _group_of(kind: Any, converter: cattrs.Converter) -> _Hook:
    structure = make_mapping_structure_fn(kind, converter, dict)

    def read(value: Any, _: Any) -> Any:
        if not isinstance(value, Mapping):
            raise ValueError(f"expected a group of settings (name: …), found {found(value)}")
        return structure(value, kind)

    return read


def _faults(error: BaseException, path: str) -> Iterator[Fault]:
    if isinstance(error, cattrs.BaseValidationError):
        for each in error.exceptions:
            yield from _faults_below(error.cl, each, path)
    elif isinstance(error, cattrs.ForbiddenExtraKeysError):
        known = [key_of(each.name) for each in attrs.fields(error.cl)]
        for key in error.extra_fields:
            yield Fault(_join(path, key), "unknown setting." + suggestion(key, known))
    else:
        yield Fault(path, str(error))


def _faults_below(owner: Any, error: BaseException, path: str) -> Iterator[Fault]:
    """Follow cattrs' note on where in `owner` the error arose."""
    for note in getattr(error, "__notes__", ()):
        if isinstance(note, AttributeValidationNote):
            path = _join(path, key_of(note.name))
            if isinstance(error, KeyError):
                error = ValueError(_required(attrs.fields_dict(owner)[note.name].metadata["why"]))
        elif isinstance(note, IterableValidationNote):
            path = f"{path}[{note.index}]" if isinstance(note.index, int) else _join(path, note.index)
    yield from _faults(error, path)


def _join(path: str, key: str) -> str:
    return f"{path}.{key}" if path else key


def _required(why: str) -> str:
    return why if why.startswith("required") else f"required: {why}"
