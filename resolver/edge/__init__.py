"""Twisted: sockets, timers, HTTP and child processes. A folder a process; what they share lies beside the folders."""
