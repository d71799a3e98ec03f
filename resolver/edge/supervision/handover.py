"""What one supervisor hands to the code that takes its place in this process: descriptors by number, the rest as JSON.

It lies in sealed anonymous memory, so nothing of it touches a disk; counts of the running release bucket are in it.
"""

from typing import Final

VERSION: Final = 1
TAKES: Final = (1,)  # the versions that this code can go on from
