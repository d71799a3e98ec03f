"""What is remembered of clients between two queries: how their queries look, never who they are."""

from attrs import Factory, define

from resolver.core.query import Form

_UNLIMITED = 2**30 - 1


@define(eq=False)
class Client:
    """What all clients that are treated alike share; found by a salted hash of the address.

    `forms` are the forms of query met so far, by all bytes of one but its id and name.
    """

    forms: dict[bytes, Form] = Factory(dict)
    view: int = 0
    """Number of the policy they meet (`core/views.py`)."""
    left: int = _UNLIMITED
    """Queries that may be asked before `Reception` looks again."""
