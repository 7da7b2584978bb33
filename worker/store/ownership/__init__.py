"""Which worker has which room, and which workers live."""
