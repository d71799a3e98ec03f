"""The ISP's transparency report, made from the resolver's ledger: offline, by a person, from files."""
