"""The contracts every stage meets at: events, signals, alerts, topics and their one codec.

This package imports nothing of ours; everyone may import it.
"""
