"""A token's features per 10-second event-time window, one file per event topic."""
