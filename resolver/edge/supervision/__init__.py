"""The supervisor: sockets, children, counters, control and metrics; no stranger's bytes are parsed here."""
