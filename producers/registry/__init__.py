"""Which token is meant: by address, by ticker, by name."""

from producers.registry.tokens import RegisteredToken, TokenRegistry, normal_address, token_id

__all__ = ["RegisteredToken", "TokenRegistry", "normal_address", "token_id"]
