"""What must have been looked at, and answered for, before a list is enforced."""

from typing import Annotated

from attrs import frozen

from resolver.settings.addresses import FilePath
from resolver.settings.fields import setting
from resolver.settings.kinds import Switch


@frozen(kw_only=True)
class Preflight:
    """The signed report of `mamori preflight`."""

    required: Annotated[bool, Switch()] = setting(
        "Enforce no list before `mamori preflight` has passed. false is for trying it out: nothing is promised then, "
        "the notice says nothing about records, and block totals stay unreleased.",
        default=True,
    )
    attestations: FilePath | None = setting(
        "File in which people answer for what no program can see (`mamori preflight --template` writes one).",
        default=None,
    )
