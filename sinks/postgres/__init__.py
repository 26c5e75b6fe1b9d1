"""Writing to PostgreSQL: rows, positions and sequence numbers in one transaction."""
