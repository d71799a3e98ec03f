"""The JSON schema and the examples."""

from __future__ import annotations

import json
from pathlib import Path

import jsonschema
import pytest

from resolver.settings import core_config, parse
from resolver.settings.schema import schema
from resolver.settings.yaml_file import read_yaml
from tests.resolver.settings.samples import full, read

CONFIG = Path(__file__).parents[3] / "config"
EXAMPLES = [CONFIG / "resolver.yaml", *sorted((CONFIG / "examples").glob("*.yaml"))]


def test_the_schema_file_is_up_to_date() -> None:
    """config/schema.json is what the code says; `python -m resolver.settings.schema` writes it anew."""
    assert json.loads((CONFIG / "schema.json").read_text()) == json.loads(json.dumps(schema()))
    jsonschema.Draft202012Validator.check_schema(schema())


@pytest.mark.parametrize("path", EXAMPLES, ids=lambda path: path.name)
def test_examples_are_accepted_by_schema_and_reader(path: Path) -> None:
    """What we show works, and what the reader makes of it is accepted by the schema again."""
    data = read_yaml(path.read_bytes()).data
    jsonschema.validate(data, schema())
    settings = parse(data, base=path.parent)
    jsonschema.validate(settings.raw, schema())
    assert core_config(settings).upstreams


def test_the_schema_refuses_what_the_reader_refuses() -> None:
    """Unknown settings, missing papers, doubled forms and values out of range."""
    validator = jsonschema.Draft202012Validator(schema())
    assert validator.is_valid(full())
    bad = [{"lisen": []}, {"answer": {"ttl": 61}}, {"listen": ["localhost"]}, {"workers": "many"}]
    assert not any(validator.is_valid(full() | change) for change in bad)
    for change in ({"url": "https://x.example/"}, {"purpose": "other"}):
        data = full()
        data["lists"][0] |= change
        assert not validator.is_valid(data)
    data = full()
    del data["lists"][0]["decided_by"]
    assert not validator.is_valid(data)


def test_every_setting_says_what_it_means() -> None:
    """An editor shows the description; the defaults are those of the code."""
    properties = schema()["properties"]
    assert all(each["description"] for each in properties.values())
    assert properties["workers"]["default"] == "auto"
    assert properties["answer"]["default"] == read(full()).raw["answer"]
