"""The secrets of server cookies: from the file the settings name, or drawn at the start; every worker has the same.

They go to workers over their channel, never into an argument, an environment or a log.
"""

from collections.abc import Callable

from attrs import define, field

from resolver.core.cookies import SECRET_BYTES
from resolver.edge.channel import Message
from resolver.settings.access import Cookies
from resolver.settings.cookie_secrets import SecretsFault, read_secrets


@define(eq=False)
class CookieKeeper:
    """`share` gives a message to all workers, now and to come."""

    share: Callable[[Message], None]
    report: Callable[[str], None]
    random_bytes: Callable[[int], bytes] = field(repr=False)
    _own: bytes = field(init=False, repr=False)

    def __attrs_post_init__(self) -> None:
        self._own = self.random_bytes(SECRET_BYTES)

    def configure(self, cookies: Cookies) -> None:
        """Take up new settings, or the same file with other content; one that cannot be read changes nothing."""
        try:
            secrets = self._secrets(cookies)
        except SecretsFault as fault:
            self.report(f"the cookie secrets were not taken up, those before stay: {fault}")
            return
        self.share({"type": "cookies", "secrets": [secret.hex() for secret in secrets]})

    def hand_over(self) -> str:
        """What the code that comes after us goes on with, so that clients' cookies stay good."""
        return self._own.hex()

    def take_over(self, own: str) -> None:
        """Go on with that."""
        self._own = bytes.fromhex(own)

    def _secrets(self, cookies: Cookies) -> tuple[bytes, ...]:
        if not cookies.enabled:
            return ()
        return (self._own,) if cookies.secrets is None else read_secrets(cookies.secrets)
