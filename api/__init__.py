"""Serves what the sink wrote: REST under `/api/v1`, the alert stream, and the page.

Reads only; its database user is `memewatch_api`.
"""
