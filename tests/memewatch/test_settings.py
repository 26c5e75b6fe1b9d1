"""A wrong setting is refused with its name, and secrets never show."""

from __future__ import annotations

from pathlib import Path

import pytest

from memewatch.errors import OperatorError
from memewatch.settings import load_settings


@pytest.fixture(autouse=True)
def _no_dotenv(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


def test_an_unknown_setting_is_refused_with_its_name(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MEMEWATCH_KAFKA_BOOTSTRP", "x")
    with pytest.raises(OperatorError, match="MEMEWATCH_KAFKA_BOOTSTRP"):
        load_settings()


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("MEMEWATCH_API_PORT", "70000"),
        ("MEMEWATCH_LOG_LEVEL", "LOUD"),
        ("MEMEWATCH_NAMESPACE", "no-dot"),
        ("MEMEWATCH_RETENTION_DAYS", "0"),
    ],
)
def test_a_wrong_value_is_refused_with_the_settings_name(
    name: str, value: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(name, value)
    with pytest.raises(OperatorError, match=name):
        load_settings()


def test_secrets_are_read_from_files_as_containers_get_them(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "memewatch_postgres_password").write_text("s3cret\n")
    (tmp_path / "memewatch_api_tokens").write_text('["t0ken"]')
    monkeypatch.setenv("MEMEWATCH_SECRETS_DIR", str(tmp_path))
    settings = load_settings()
    assert settings.postgres_password is not None
    assert settings.postgres_password.get_secret_value() == "s3cret"
    assert [token.get_secret_value() for token in settings.api_tokens] == ["t0ken"]
    assert "s3cret" not in repr(settings)
    assert "t0ken" not in repr(settings)


def test_a_stage_without_the_token_secret_starts_in_production(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("MEMEWATCH_ENVIRONMENT", "production")
    assert load_settings().environment == "production"


def test_the_command_line_is_stronger_than_the_environment_and_that_than_the_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = tmp_path / "memewatch.toml"
    file.write_text("retention_days = 1\napi_port = 1001\ndemo_seed = 1\n")
    monkeypatch.setenv("MEMEWATCH_CONFIG", str(file))
    monkeypatch.setenv("MEMEWATCH_API_PORT", "1002")
    monkeypatch.setenv("MEMEWATCH_DEMO_SEED", "2")
    settings = load_settings(demo_seed=3)
    assert (settings.retention_days, settings.api_port, settings.demo_seed) == (1, 1002, 3)
