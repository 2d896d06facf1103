"""Alembic's revisions. Each is numbered, and once released never changed."""
