"""A worker: client and upstream sockets round the sans-IO core."""
