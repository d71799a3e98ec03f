"""`rekey`: the same list under the keys of a new epoch."""

import click

from blocklist.publish.cli.door import Session
from blocklist.publish.cli.options import as_editor, json_option
from blocklist.publish.cli.version_verbs import tell_staged
from blocklist.publish.keys.keyfiles import EditorKeys


@click.command()
@as_editor
@click.option("--sign", "sign_too", is_flag=True, help="Sign it with this editor's keys at once.")
@json_option
def rekey(here: Session, keys: EditorKeys, *, sign_too: bool, as_json: bool) -> None:
    """Stage the published list once more, under new keys that only those who are subscribers now can read.

    Another editor signs it, and it goes out with `publish --duty` or `submit --duty`. Says what must be done first.
    """
    tell_staged(here, keys, here.desk.rekey(keys, here.door.now()), sign_too=sign_too, as_json=as_json)
