"""SQLite: migrations, the one writer, the readers, and one module per group of queries."""
