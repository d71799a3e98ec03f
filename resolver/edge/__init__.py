"""Twisted: sockets, timers, HTTP, child processes."""
