"""The signed list: names, entries, tokens, packed formats, compiled index.

This floor is pure, bytes in, bytes out; but for `disk`, which both floors above write their files by.
"""
