"""What a check found out, in one line."""

from typing import Literal

from attrs import frozen

State = Literal["good", "look", "bad"]


@frozen
class Finding:
    """`look`: nothing is wrong as far as a program can tell, but a person should look once."""

    state: State
    place: str
    """A setting, or an address and port."""
    words: str

    def __str__(self) -> str:
        return f"{self.state:<4}  {self.place}: {self.words}"
