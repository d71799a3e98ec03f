"""Sans-IO DNS: bytes and the time come in, bytes and a deadline go out; no socket, clock or log is known here."""
