"""One validated ``Settings`` for every service.

Sources, strongest first: command line, environment (``MEMEWATCH_*``), ``.env``, secret files in
``MEMEWATCH_SECRETS_DIR`` (one file a setting, as Docker and Kubernetes mount them), and the TOML
file named by ``MEMEWATCH_CONFIG``. An unknown or wrong setting is refused with its name.
"""

from __future__ import annotations

import os
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import Field, SecretStr, ValidationError
from pydantic_settings import (
    BaseSettings,
    PydanticBaseSettingsSource,
    SettingsConfigDict,
    TomlConfigSettingsSource,
)

from memewatch.errors import OperatorError
from schemas.alerts import Pattern

PREFIX = "MEMEWATCH_"
#: Read before the settings themselves, so they are no fields.
_META_VARIABLES = {"MEMEWATCH_CONFIG", "MEMEWATCH_SECRETS_DIR"}


class Settings(BaseSettings):
    """The effective configuration of one service. Durations are seconds, sizes are counts."""

    model_config = SettingsConfigDict(
        env_prefix=PREFIX, env_file=".env", extra="forbid", frozen=True, validate_default=True
    )

    environment: Literal["local", "production"] = Field(
        "local", description="`production` refuses to serve without API tokens"
    )
    namespace: str = Field(
        "", pattern=r"^([a-z0-9-]+\.)?$", description="prefix of topics and groups, ends with a dot"
    )
    log_level: Literal["DEBUG", "INFO", "WARNING", "ERROR"] = "INFO"
    log_format: Literal["text", "json"] = "text"

    kafka_bootstrap: str = "127.0.0.1:9092"
    kafka_security_protocol: Literal["PLAINTEXT", "SSL", "SASL_PLAINTEXT", "SASL_SSL"] = "PLAINTEXT"
    kafka_username: str | None = None
    kafka_password: SecretStr | None = None
    kafka_ca_file: Path | None = None
    kafka_linger_ms: float = Field(5.0, ge=0, description="batching delay of producers")
    kafka_replication_factor: int = Field(1, ge=1)

    postgres_host: str = "127.0.0.1"
    postgres_port: int = Field(5432, gt=0, lt=65536)
    postgres_database: str = "memewatch"
    postgres_user: str = "memewatch_owner"
    postgres_password: SecretStr | None = None
    retention_days: int = Field(90, ge=1, description="series rows are kept this long from arrival")

    api_host: str = "127.0.0.1"
    api_port: int = Field(8000, ge=0, lt=65536)
    api_tokens: list[SecretStr] = Field(
        [], description="bearer tokens that may read; required in production"
    )
    api_write_tokens: list[SecretStr] = Field(
        [], description="bearer tokens that may also judge alerts and change the watch list"
    )
    api_allowed_origins: list[str] = []
    watch_list_file: Path | None = Field(
        None, description="TOML file of what is watched besides the database's list"
    )
    watch_list_limit: int = Field(10_000, ge=1, description="entries the database's list may have")
    precision_floor: float = Field(
        0.8, ge=0, le=1, description="a detector of which less is right, as users judge, says so"
    )
    precision_floors: dict[Pattern, Annotated[float, Field(ge=0, le=1)]] = Field(
        {}, description="other floors, by pattern"
    )
    stream_heartbeat_s: float = Field(5.0, gt=0)
    stream_buffer_bytes: int = Field(4_194_304, gt=0, description="a slow subscriber's bound")

    snapshot_interval_s: float = Field(15.0, gt=0, description="longest time between snapshots")
    state_idle_hours: float = Field(24.0, gt=0, description="a token's state starts fresh after")
    severity_rules: Path | None = Field(
        None, description="TOML file of rules for alerts' severity; none: the shipped ones"
    )

    demo_seed: int = 7
    demo_tokens: int = Field(64, ge=1, le=1000)
    demo_truth_file: Path | None = Field(
        None, description="the simulated market appends what really happened here (NDJSON)"
    )

    twitter_bearer_token: SecretStr | None = None
    twitter_most_rules: int = Field(25, ge=1, le=1000)
    twitter_rule_length: int = Field(512, ge=128, le=4096)
    twitter_search_delay_s: float = Field(15.0, ge=0, le=60)
    twitter_url: str = "https://api.x.com"
    bluesky_url: str = "wss://jetstream2.us-east.bsky.network/subscribe"
    bluesky_api_url: str = "https://public.api.bsky.app"
    reddit_client_id: str | None = None
    reddit_client_secret: SecretStr | None = None
    reddit_subreddits: list[str] = Field(
        [
            "altcoin",
            "CryptoCurrency",
            "CryptoMarkets",
            "CryptoMoonShots",
            "dogecoin",
            "memecoins",
            "pepecoin",
            "SatoshiStreetBets",
            "SHIBArmy",
            "solana",
        ],
        max_length=100,
    )
    reddit_poll_s: float = Field(20.0, ge=0.1, le=60)
    reddit_url: str = "https://www.reddit.com"
    reddit_api_url: str = "https://oauth.reddit.com"
    telegram_channels: list[str] = Field(
        ["binance_announcements", "cointelegraph", "whale_alert_io"], max_length=100
    )
    telegram_bot_token: SecretStr | None = None
    telegram_poll_s: float = Field(30.0, ge=0.1, le=60)
    telegram_url: str = "https://t.me"
    telegram_api_url: str = "https://api.telegram.org"
    web_feeds: list[str] = Field(
        [
            "https://bitcointalk.org/index.php?type=rss;action=.xml",
            "https://cointelegraph.com/rss",
            "https://decrypt.co/feed",
            "https://www.coindesk.com/arc/outboundfeeds/rss/",
            "https://www.theblock.co/rss.xml",
        ],
        max_length=100,
    )
    web_articles: bool = Field(True, description="read the page of an entry without content")
    web_poll_s: float = Field(60.0, ge=0.1, le=60)
    web_host_delay_s: float = Field(1.0, ge=0, description="between two requests to one host")
    web_dexscreener_url: str | None = "https://api.dexscreener.com"
    web_coingecko_url: str | None = "https://api.coingecko.com/api/v3"
    web_coingecko_key: SecretStr | None = None

    exchanges: list[Literal["binance", "coinbase", "kraken"]] = Field(
        ["binance", "coinbase", "kraken"], description="venues whose trades are followed"
    )
    exchange_markets: int = Field(
        100, ge=1, le=200, description="markets followed at each venue, the watched tokens first"
    )
    exchange_history: Literal["trades", "candles"] = Field(
        "trades", description="what `backfill` asks venues for: trades, or one-minute candles"
    )
    binance_url: str = Field("", description="REST address; empty takes the venue's own")
    binance_stream_url: str = Field("", description="websocket address, without `/ws`")
    coinbase_url: str = Field("", description="REST address; empty takes the venue's own")
    coinbase_stream_url: str = Field("", description="websocket address")
    kraken_url: str = Field("", description="REST address; empty takes the venue's own")
    kraken_stream_url: str = Field("", description="websocket address, without `/v2`")

    yahoo_symbols: list[str] = Field(
        ["DOGE-USD", "SHIB-USD", "PEPE24478-USD", "FLOKI-USD", "BONK-USD"],
        description="what is followed at Yahoo besides the watch list, as Yahoo names it",
    )
    yahoo_stream_url: str = Field(
        "wss://streamer.finance.yahoo.com/?version=2", description="websocket address of quotes"
    )
    yahoo_url: str = Field("", description="address of candles; empty takes Yahoo's own")

    evm_endpoints: dict[str, SecretStr] = Field(
        # Made a secret by validation; written plainly so that the documents can show it.
        {"ethereum": "wss://ethereum-rpc.publicnode.com"},  # type: ignore[dict-item]
        description="a node of each chain, by websocket or HTTP; the URL may hold a key",
    )
    evm_confirmations: Annotated[int, Field(ge=1)] | dict[str, Annotated[int, Field(ge=1)]] = 12
    evm_factories: dict[str, dict[str, str]] = {
        "ethereum": {
            "uniswap-v2": "0x5C69bEe701ef814a2B6a3EDD4B1652CB9cc5aA6f",
            "uniswap-v3": "0x1F98431c8aD98523631AE4a59f267346ea31F984",
        },
        "base": {
            "uniswap-v2": "0x8909Dc15e40173Ff4699343b6eB8132c65e18eC6",
            "uniswap-v3": "0x33128a8fC17869897dcE68Ed026d694621f6FDfD",
        },
    }
    evm_quotes: dict[str, list[str]] = {
        "ethereum": [
            "0xC02aaA39b223FE8D0A0e5C4F27eAD9083C756Cc2",
            "0xA0b86991c6218b36c1d19D4a2e9Eb0cE3606eB48",
            "0xdAC17F958D2ee523a2206206994597C13D831ec7",
            "0x6B175474E89094C44Da98b954EedeAC495271d0F",
        ],
        "base": [
            "0x4200000000000000000000000000000000000006",
            "0x833589fCD6eDb6E08f4c7C32D4f71b54bdA02913",
        ],
    }
    evm_poll_s: float = Field(4.0, ge=0.05, le=60)
    evm_range_blocks: int = Field(1_000, ge=1, le=100_000)
    etherscan_api_key: SecretStr | None = None
    etherscan_url: str = "https://api.etherscan.io/v2/api"
    etherscan_calls_per_s: float = Field(3.0, gt=0)
    etherscan_poll_s: float = Field(120.0, ge=0.05, le=3600)
    etherscan_profile_hours: float = Field(6.0, gt=0)

    metrics_port: int | None = Field(None, description="serve this stage's /metrics here")

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,
        file_secret_settings: PydanticBaseSettingsSource,
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        sources = [init_settings, env_settings, dotenv_settings, file_secret_settings]
        if path := os.environ.get("MEMEWATCH_CONFIG"):
            sources.append(TomlConfigSettingsSource(settings_cls, Path(path)))
        return tuple(sources)


def load_settings(**overrides: Any) -> Settings:
    """Read and validate the settings; raise ``OperatorError`` that names what is wrong."""
    known = {f"{PREFIX}{name.upper()}" for name in Settings.model_fields} | _META_VARIABLES
    unknown = sorted(
        n for n in os.environ if n.upper().startswith(PREFIX) and n.upper() not in known
    )
    if unknown:
        raise OperatorError(
            f"unknown setting {', '.join(unknown)}: see `memewatch config` for the names there are"
        )
    config = os.environ.get("MEMEWATCH_CONFIG")
    if config and not Path(config).is_file():
        raise OperatorError(f"MEMEWATCH_CONFIG names {config}, which is no file")
    try:
        secrets: dict[str, Any] = {"_secrets_dir": os.environ.get("MEMEWATCH_SECRETS_DIR")}
        return Settings(**secrets, **overrides)
    except ValidationError as error:
        problems = "; ".join(
            f"{PREFIX}{'_'.join(str(p) for p in item['loc']).upper() or 'SETTINGS'}: {item['msg']}"
            for item in error.errors()
        )
        raise OperatorError(f"wrong setting: {problems}") from None
