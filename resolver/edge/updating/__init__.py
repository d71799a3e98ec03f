"""The updater: fetches, verifies and hands over lists."""
