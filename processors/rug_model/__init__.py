"""How likely a pool's liquidity is pulled: an online model of what the chain says about a pool."""

from processors.rug_model.model import RugModel

__all__ = ["RugModel"]
