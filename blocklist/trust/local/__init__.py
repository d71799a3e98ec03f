"""The ISP's own decisions: exemptions, and the audit file they are written down in."""
