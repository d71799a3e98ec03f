"""The notice page and the process that serves it."""
