"""EVM chains as a source."""

from producers.live.evm.source import Evm

__all__ = ["Evm"]
