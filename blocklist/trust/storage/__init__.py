"""What this host keeps at rest: sealed files, versions, state, keys."""
