"""Serves what the sink wrote: REST under `/api/v1`, the alert stream, and the page.

Reads, and keeps the watch list; its database user `memewatch_api` may do no more. What users think
of alerts it puts into the log.
"""
