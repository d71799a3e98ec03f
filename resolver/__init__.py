"""The resolver an ISP runs: queries in, answers out, and nothing about anybody kept."""
