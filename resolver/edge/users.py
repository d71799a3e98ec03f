"""Names of this machine's users."""

import pwd


def user_name(uid: int) -> str:
    """Return a user's name, or a word with the number where the machine knows none. May ask a directory service."""
    try:
        return pwd.getpwuid(uid).pw_name
    except KeyError:
        return f"user {uid}"
