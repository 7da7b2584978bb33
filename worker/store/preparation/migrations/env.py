"""What alembic runs: the steps, on the connection and in the transaction that it was given."""

from alembic import context

from worker.store.database.schema import schema

context.configure(connection=context.config.attributes["connection"], target_metadata=schema)
context.run_migrations()
