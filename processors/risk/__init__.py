"""The risk flagger: what scores mean, how severe an alert is, and which alerts are one event."""
