"""Events: outbox, publisher, relay."""
