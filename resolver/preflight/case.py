"""What is examined: these settings on this machine, with what people answer for."""

from pathlib import Path

from attrs import frozen

from resolver.preflight.attested import Attestations
from resolver.preflight.host import Host
from resolver.settings import Settings


@frozen
class Case:
    """One examination. `config` is the settings file, `floors` the newest times (POSIX) the lists' bodies signed."""

    settings: Settings
    config: Path
    host: Host
    attestations: Attestations
    floors: tuple[float, ...] = ()

    @property
    def shows_notice(self) -> bool:
        """Whether anybody connects to a notice address."""
        return self.settings.answer.mode == "notice" and bool(self.settings.lists)
