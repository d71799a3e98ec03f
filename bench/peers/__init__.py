"""What is measured: one file a server, each with a configuration of its own, on loopback, in a folder of the run."""
