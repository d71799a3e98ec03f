"""The settings as JSON schema (2020-12), made from the same declarations the reader uses.

`python -m resolver.settings.schema` prints it; `config/schema.json` is that output, for editors and deployment tools.
"""

import json
import sys
import types
from typing import Annotated, Any, Union, get_args, get_origin

import attrs

from resolver.settings.fields import key_of
from resolver.settings.kinds import Json
from resolver.settings.model import Settings
from resolver.settings.plain import to_plain


def schema() -> Json:
    """Return the schema of a settings file."""
    heading = {"$schema": "https://json-schema.org/draft/2020-12/schema", "title": "Settings of a Mamori resolver"}
    return heading | _section(Settings)


def main() -> None:
    """Print the schema."""
    json.dump(schema(), sys.stdout, indent=2, ensure_ascii=False)
    sys.stdout.write("\n")


def _section(kind: type) -> Json:
    attrs.resolve_types(kind)
    fields = attrs.fields(kind)
    properties = {key_of(each.name): _setting(each) for each in fields}
    required = [key_of(each.name) for each in fields if each.default is attrs.NOTHING]
    found: Json = {"type": "object", "properties": properties, "additionalProperties": False, "required": required}
    return _with_short_form(found) if "urls" in properties else found


def _setting(field: Any) -> Json:
    described = {"description": field.metadata["meaning"]} | _type(field.type)
    if "shown_default" in field.metadata:
        return described | {"default": field.metadata["shown_default"]}
    if isinstance(field.default, attrs.Factory) or field.default is attrs.NOTHING:  # type: ignore[arg-type]
        return described
    return described | {"default": to_plain(field.default)}


def _type(kind: Any) -> Json:
    origin, arguments = get_origin(kind), get_args(kind)
    if origin is Annotated:
        leaf: Json = arguments[1].schema()
        return leaf
    if origin in (Union, types.UnionType):
        return {"anyOf": [_type(arguments[0]), {"type": "null"}]}
    if origin is tuple:
        return {"type": "array", "items": _type(arguments[0])}
    if origin is dict:
        return {"type": "object", "propertyNames": _type(arguments[0]), "additionalProperties": _type(arguments[1])}
    return _section(kind)


def _with_short_form(section: Json) -> Json:
    """`url: x` may stand for `urls: [x]`."""
    one = dict(section["properties"]["urls"]["items"], description="Short form of `urls` for a single one.")
    section["properties"]["url"] = one
    section["required"].remove("urls")
    return section | {"oneOf": [{"required": ["urls"]}, {"required": ["url"]}]}


if __name__ == "__main__":
    main()
