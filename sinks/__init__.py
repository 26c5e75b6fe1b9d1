"""The sink stage: what lies in Kafka goes to PostgreSQL, each record once."""
