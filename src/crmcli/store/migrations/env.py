"""Alembic's entry: it runs on the connection and inside the transaction that store/migrate.py opened."""

from alembic import context

# Alembic takes SQLite for a database without transactional DDL; with our own BEGIN it has it.
context.configure(connection=context.config.attributes["connection"], transactional_ddl=True)
context.run_migrations()
