"""What all stages share: settings, Kafka clients, clock, logging, command line and local stack."""

__version__ = "0.1.0"
