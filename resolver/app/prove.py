"""`python -I -m resolver.app.prove SETTINGS`: the code on the disk proves that it could run here, before it has to.

Everything a resolver's processes import is imported, the settings are read with the files they name, and what a worker
builds of them is built. One JSON line on standard output, or what is wrong on standard error and exit code 1.
"""

import importlib
import json
import sys
from importlib.metadata import version
from pathlib import Path

from resolver.app.child import KINDS
from resolver.app.run import harden
from resolver.edge.hardening import HardeningFault
from resolver.edge.supervision.handover import TAKES
from resolver.settings import Settings, SettingsFault, core_config, load

EXIT_PROVEN, EXIT_REFUSED = 0, 1


def main(path: str) -> int:
    """Prove it, and return the exit code."""
    for module in KINDS.values():
        importlib.import_module(module)
    try:
        settings = load(Path(path))
        harden(settings)
        core_config(settings)
    except (SettingsFault, HardeningFault) as fault:
        sys.stderr.write(f"{fault}\n")
        return EXIT_REFUSED
    sys.stdout.write(json.dumps(proof_of(settings)) + "\n")
    return EXIT_PROVEN


def proof_of(settings: Settings) -> dict[str, object]:
    """What the supervisor compares with itself."""
    facts = {"state": str(settings.state), "workers": settings.workers}
    return {"version": version("mamori"), "takes": list(TAKES), **facts}


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
