"""Rehearsals of lost and stolen keys, in a scratch folder."""
