"""Every article as it was sent, and the log of changes: what nothing may lose."""
