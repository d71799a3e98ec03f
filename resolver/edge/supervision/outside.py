"""What a supervisor needs of the world outside; tests bring another one."""

import time
from collections.abc import Callable

from attrs import frozen

from resolver.edge.supervision.changes import Load
from resolver.edge.supervision.children import Launcher
from resolver.edge.supervision.notify import ServiceManager
from resolver.edge.supervision.proof import Prove
from resolver.edge.supervision.upgrade import Successor


@frozen
class Outside:
    """`load` reads the settings file anew, `prove` tries the installed code, `version` is that of the running one."""

    version: str
    launcher: Launcher
    load: Load
    prove: Prove
    manager: ServiceManager
    successor: Successor
    wall_clock: Callable[[], float] = time.time
