"""What `mamori preflight` looks at before a list may be enforced, and what people must answer for."""
