"""From approved entries to a signed version: assembling, building, countersigning, epochs, withdrawals."""
