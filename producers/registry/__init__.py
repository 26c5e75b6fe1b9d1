"""Which token is meant: by address, by ticker, by name."""

from producers.registry.resolution import Mention, resolve
from producers.registry.seed import registry_of, tokens_of
from producers.registry.tokens import RegisteredToken, TokenRegistry, normal_address, token_id

__all__ = [
    "Mention",
    "RegisteredToken",
    "TokenRegistry",
    "normal_address",
    "registry_of",
    "resolve",
    "token_id",
    "tokens_of",
]
