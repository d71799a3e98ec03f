"""The list body's keys: files, tokens, ceremonies and the rotation of every role."""
