"""The engine: per account, per folder, replay of operations, delivery of the outbox."""
