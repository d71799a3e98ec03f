"""The way to a mirror: bounded HTTP, TUF metadata, the public record."""
