"""Alembic's entry point; `shared.db.migrate` puts the open connection into the configuration."""

from __future__ import annotations

from alembic import context

context.configure(connection=context.config.attributes["connection"], transaction_per_migration=True)
with context.begin_transaction():
    context.run_migrations()
