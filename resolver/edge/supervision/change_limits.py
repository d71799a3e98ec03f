"""Every limit of a change while the resolver answers, with its default and unit."""

from attrs import frozen


@frozen
class ChangeLimits:
    """Reload, restart of workers, upgrade."""

    proof_seconds: float = 60.0
    """Time for the installed code to prove itself."""
    proof_bytes: int = 64 * 1024
    """What is read of what it says about itself, good or bad."""
    fault_lines: int = 20
    """Lines of what it says when it fails that an operator is shown, the last ones."""
    stalled_seconds: float = 45.0
    """Time without one more slot done, after which whoever waits is told what hangs."""
    pause_seconds: float = 0.05
    """Time for answers under way to leave before the code changes."""
    leave_seconds: float = 3.0
    """Time for a child of the code before to leave when told; then it is made to."""
