"""The local stack: real Kafka and PostgreSQL as child processes, and who watches over them."""
