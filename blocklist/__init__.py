"""The signed list: names, entries, tokens, packed formats, compiled index. This floor is pure: bytes in, bytes out."""
