"""Recorded files as sources: trades as CSV, transfers and posts as NDJSON."""
