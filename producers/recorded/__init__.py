"""Recorded files as sources: trades as CSV; transfers, posts and chain records as NDJSON."""
