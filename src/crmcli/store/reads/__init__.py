"""The light reads: what agenda, list, show and why look at. SQL is in store/sql, rows come back as named tuples.

One module a subject, because a command should build only the types it uses: each costs it time.
"""
