"""Every article as it was sent, the log of changes, jobs, keys and leases, in SQLite or
PostgreSQL.

Nothing here searches, and no engine is known here.
"""
