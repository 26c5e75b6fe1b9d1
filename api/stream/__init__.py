"""The alert stream: what the database announces, pushed to every subscriber in order.

`listener` hears the database, `hub` keeps the order and the recent past, `subscriber` queues for
one socket, `connection` speaks with one client, `protocol` holds the messages.
"""
