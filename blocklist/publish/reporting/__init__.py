"""What the list body publishes about its own work: counted from what the master holds signed, never typed in."""
