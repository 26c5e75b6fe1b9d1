"""How contracts speak: the events and calls that matter here, and numbers out of their bytes."""

from __future__ import annotations

from decimal import Context, Decimal

ZERO_ADDRESS = "0x" + "0" * 40

# The first topic of a log is the hash of the event's signature.
#: ``Transfer(address from, address to, uint256 value)``
TRANSFER = "0xddf252ad1be2c89b69c2b068fc378daa952ba7f163c4a11628f55a4df523b3ef"
#: ``PairCreated(address token0, address token1, address pair, uint256)``
PAIR_CREATED = "0x0d3648bd0f6ba80134a33ba9275ac585d9d315f0ad8355cddefde31afa28d0e9"
#: ``PoolCreated(address token0, address token1, uint24 fee, int24 spacing, address pool)``
POOL_CREATED = "0x783cca1c0412dd0d695e784568c96da2e9c22ff989357a2e8b1d9b2b4e6b7118"
#: ``Swap(address sender, uint in0, uint in1, uint out0, uint out1, address to)``
SWAP_V2 = "0xd78ad95fa46c994b6551d0da85fc275fe613ce37657fb8d5e3d130840159d822"
#: ``Mint(address sender, uint amount0, uint amount1)``
MINT_V2 = "0x4c209b5fc8ad50758f13e2e1088ba56a560dff690a1c6fef26394f4c03821c4f"
#: ``Burn(address sender, uint amount0, uint amount1, address to)``
BURN_V2 = "0xdccd412f0b1252819cb1fd330b93224ca42612892bb3f4f789976e6d81936496"
#: ``Sync(uint112 reserve0, uint112 reserve1)``
SYNC_V2 = "0x1c411e9a96e071241c2f21f7726b17ae89e3cab4c78be50e062b03a9fffbbad1"
#: ``Swap(address sender, address recipient, int256 in0, int256 in1, uint160, uint128, int24)``
SWAP_V3 = "0xc42079f94a6350d7e6235f29174924f928cc2ac818eb64fed8004e115fbcca67"
#: The same with the protocol's two fees after it, as PancakeSwap's pools say it:
#: ``Swap(address, address, int256 in0, int256 in1, uint160, uint128, int24, uint128, uint128)``
SWAP_V3_FEES = "0x19b47279256b2a23a1665c810c8d55a1758940ee09377d4f8d26497a3577dc83"
#: ``Mint(address sender, address owner, int24, int24, uint128 liquidity, uint amount0, amount1)``
MINT_V3 = "0x7a53080ba414158be7ec69b987b5fb7d07dee101fe85488f0853ae16239d0bde"
#: ``Burn(address owner, int24, int24, uint128 liquidity, uint amount0, uint amount1)``
BURN_V3 = "0x0c396cd989a39f4459b5fa1aed6a9a8dcdbc45908acfd67e028cd568da98982c"

#: V3's ``Collect`` is left out: it pays what a ``Burn`` before it took out of the pool, and fees.
TOPICS = (
    TRANSFER,
    PAIR_CREATED,
    POOL_CREATED,
    SWAP_V2,
    MINT_V2,
    BURN_V2,
    SYNC_V2,
    SWAP_V3,
    SWAP_V3_FEES,
    MINT_V3,
    BURN_V3,
)

# The first four bytes of a call are those of the hash of the function's signature.
DECIMALS = "0x313ce567"
SYMBOL = "0x95d89b41"
TOKEN0 = "0x0dfe1681"
TOKEN1 = "0xd21220a7"
FACTORY = "0xc45a0155"
TOTAL_SUPPLY = "0x18160ddd"
#: A V2 pair has it, a V3 pool does not.
GET_RESERVES = "0x0902f1ac"
#: ``getPair(address, address)`` of a V2 factory
GET_PAIR = "0xe6a43905"
#: ``getPool(address, address, uint24 fee)`` of a V3 factory
GET_POOL = "0x1698ee82"

_WORD = 64
_LONGEST_SYMBOL = 64
_LARGEST_BYTE = 255
_PRICE = Context(prec=36)
#: More decimals than this are written as an exponent: the text stays short, and exact.
_MOST_DECIMALS = 36


def words(data: str) -> list[int]:
    """The 32-byte words of hexadecimal ``data``. Raises ``ValueError`` when it is none."""
    digits = data[2:]
    if len(digits) % _WORD:
        raise ValueError(f"{len(digits) // 2} bytes are no whole words")
    return [int(digits[i : i + _WORD], 16) for i in range(0, len(digits), _WORD)]


def signed(word: int) -> int:
    """A word as ``int256``."""
    return word - (1 << 256) if word >> 255 else word


def address(word: int) -> str:
    """The address in a word. Raises ``ValueError`` when the word holds more than one."""
    if word >> 160:
        raise ValueError(f"{word:#x} is no address")
    return f"0x{word:040x}"


def argument(value: str | int) -> str:
    """An address or number as it stands in a call, 64 digits."""
    number = value if isinstance(value, int) else int(value, 16)
    return f"{number:064x}"


def text(data: str) -> str | None:
    """The text a contract answered: a ``string``, or 32 bytes as the oldest tokens have it."""
    raw = bytes.fromhex(data[2:])
    if len(raw) >= 96 and int.from_bytes(raw[:32]) == 32:
        raw = raw[64 : 64 + int.from_bytes(raw[32:64])]
    elif len(raw) != 32:
        return None
    found = raw.rstrip(b"\0").decode(errors="replace")
    found = "".join(character for character in found if character.isprintable()).strip()
    return found[:_LONGEST_SYMBOL] or None


def decimals(answer: str | None, registered: int | None) -> int:
    """What the contract says, else the registry, else none: the standard leaves it to tokens."""
    if answer and len(answer) >= 2 + _WORD:
        said = int(answer[: 2 + _WORD], 16)
        if said <= _LARGEST_BYTE:
            return said
    return registered or 0


def whole(amount: int, places: int) -> str:
    """An amount of smallest units in whole tokens, exactly: ``whole(1500, 3)`` is ``1.5``."""
    if places > _MOST_DECIMALS:
        return f"{amount}E-{places}"
    if places == 0:
        return str(amount)
    digits = f"{amount:0{places + 1}d}"
    return f"{digits[:-places]}.{digits[-places:]}".rstrip("0").rstrip(".")


def price(quote: int, quote_places: int, token: int, places: int) -> str:
    """Whole units of quote for one whole token, to 36 digits; both amounts are above zero."""
    exact = _PRICE.divide(Decimal(quote), Decimal(token))
    return str(_PRICE.scaleb(exact, places - quote_places))
