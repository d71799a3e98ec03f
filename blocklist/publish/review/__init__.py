"""The editors' work on entries: drafts, import, checks, approval, cases and objections."""
