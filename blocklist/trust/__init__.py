"""The subscriber's side of a list: fetch, verify, decrypt, guard, store. Blocking; knows files, clocks and HTTP."""
