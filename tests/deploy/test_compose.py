"""docker-compose.yml is valid, and every container of ours is locked down and told no secret."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
import yaml
from typer.main import get_command

from memewatch import __version__
from memewatch.cli.main import app
from memewatch.settings import PREFIX, Settings
from memewatch.stack import kafka
from memewatch.stack.roles import API, OWNER, PRODUCER, SINK
from tests.servers import KAFKA_IMAGE, POSTGRES_IMAGE

ROOT = Path(__file__).resolve().parents[2]
FILE = ROOT / "docker-compose.yml"
COMPOSE: dict[str, Any] = yaml.safe_load(FILE.read_text())
SERVICES: dict[str, dict[str, Any]] = COMPOSE["services"]
OURS = {name: service for name, service in SERVICES.items() if "build" in service}
TOKENS = {"api_tokens", "api_write_tokens"}
COMMANDS = get_command(app).commands  # type: ignore[attr-defined]

each_of_ours = pytest.mark.parametrize("service", OURS.values(), ids=OURS)
each_service = pytest.mark.parametrize("service", SERVICES.values(), ids=SERVICES)
Service = Mapping[str, Any]


def test_the_file_is_valid_under_the_compose_specification() -> None:
    tool = Path(sys.executable).with_name("check-jsonschema")
    subprocess.run([tool, "--builtin-schema", "vendor.compose-spec", FILE], check=True)


def test_docker_compose_reads_the_file(tmp_path: Path) -> None:
    docker = shutil.which("docker")
    if (
        docker is None
        or subprocess.run([docker, "compose", "version"], capture_output=True).returncode
    ):
        pytest.skip("no container engine")
    subprocess.run([docker, "compose", "--file", FILE, "config", "--quiet"], check=True)


def test_every_stage_is_a_service() -> None:
    assert set(OURS) == {"migrate", "worker", "sink", "api", "producer"}


@each_of_ours
def test_a_stage_runs_a_command_there_is(service: Service) -> None:
    name, *arguments = service["command"]
    command = COMMANDS[name]
    # Parses without running; a wrong option or value would raise.
    command.make_context(name, [_interpolated(argument) for argument in arguments])


def _interpolated(text: str) -> str:
    """What Compose makes of ``${NAME:-default}`` where nobody set the variable."""
    return re.sub(r"\$\{[A-Z]+:-([^}]*)\}", r"\1", text)


@each_service
def test_a_container_can_do_no_more_than_it_must(service: Service) -> None:
    assert service["cap_drop"] == ["ALL"]
    assert service["security_opt"] == ["no-new-privileges:true"]
    assert not {"privileged", "cap_add", "pid", "ipc", "network_mode", "devices"} & set(service)


@each_of_ours
def test_a_stage_is_a_plain_user_on_a_read_only_file_system(service: Service) -> None:
    assert service["read_only"] is True
    assert "user" not in service, "the image says who"
    assert re.findall(r"^USER (.+)$", _dockerfile(), re.MULTILINE) == ["10001"]


def test_the_servers_are_plain_users_too() -> None:
    assert (SERVICES["kafka"]["user"], SERVICES["postgres"]["user"]) == ("appuser", "postgres")


@pytest.mark.parametrize("name", sorted(set(SERVICES) - {"migrate"}))
def test_whether_a_service_works_is_looked_at(name: str) -> None:
    check = SERVICES[name]["healthcheck"]
    assert check["test"][0] == "CMD"
    assert _seconds(check["timeout"]) <= _seconds(check["interval"])


@pytest.mark.parametrize("name", ["worker", "sink", "producer"])
def test_a_stage_is_asked_where_it_serves_its_metrics(name: str) -> None:
    service = SERVICES[name]
    port = service["environment"][f"{PREFIX}METRICS_PORT"]
    assert service["healthcheck"]["test"][-1] == f"http://127.0.0.1:{port}/metrics"


def test_only_the_api_can_be_reached_and_only_from_this_machine() -> None:
    assert {name for name, each in SERVICES.items() if "ports" in each} == {"api"}
    # The producer is there to reach its sources, and publishes no port.
    outside = {name for name, each in SERVICES.items() if "edge" in each["networks"]}
    assert outside == {"api", "producer"}
    assert all("data" in service["networks"] for service in SERVICES.values())
    assert COMPOSE["networks"]["data"] == {"internal": True}
    port = Settings.model_fields["api_port"].default
    assert SERVICES["api"]["ports"] == [f"127.0.0.1:8000:{port}"]


@each_of_ours
def test_a_stage_is_told_settings_there_are(
    service: Service, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.chdir(tmp_path)
    given = {name.removeprefix(PREFIX).lower(): text for name, text in _settings(service).items()}
    given.pop("secrets_dir", None)
    for name, text in given.items():
        monkeypatch.setenv(f"{PREFIX}{name.upper()}", text)
    settings = Settings()
    assert set(given) == settings.model_fields_set
    assert settings.environment == "production"
    assert settings.kafka_bootstrap == SERVICES["kafka"]["environment"][
        "KAFKA_ADVERTISED_LISTENERS"
    ].removeprefix("PLAINTEXT://")


@each_service
def test_no_secret_stands_in_the_environment(service: Service) -> None:
    for name in service.get("environment", {}):
        assert name.endswith("_FILE") or not re.search("PASSWORD|TOKEN|SECRET(?!S_DIR)", name)


@each_of_ours
def test_a_stage_gets_its_own_secrets_as_settings(service: Service) -> None:
    secrets = service.get("secrets", [])
    secret_settings = {
        f"{PREFIX}{name}".lower()
        for name, field in Settings.model_fields.items()
        if "SecretStr" in str(field.annotation)
    }
    assert {each["target"] for each in secrets} <= secret_settings
    # The folder exists only where a secret is mounted.
    assert (f"{PREFIX}SECRETS_DIR" in service["environment"]) == bool(secrets)
    user = service["environment"].get(f"{PREFIX}POSTGRES_USER", "")
    role = user.replace("memewatch", "postgres")
    assert {each["source"] for each in secrets} - TOKENS == ({role} if role else set())


@pytest.mark.parametrize("tokens", sorted(TOKENS))
def test_only_the_api_knows_the_tokens(tokens: str) -> None:
    holders = {name for name, each in OURS.items() if tokens in str(each.get("secrets"))}
    assert holders == {"api"}


def test_every_stage_that_asks_the_database_has_a_role_of_its_own() -> None:
    users = {
        name: service["environment"].get(f"{PREFIX}POSTGRES_USER") for name, service in OURS.items()
    }
    assert users == {
        "migrate": OWNER,
        "worker": None,
        "sink": SINK,
        "api": API,
        "producer": PRODUCER,
    }


def test_the_images_are_those_that_the_tests_run_on() -> None:
    assert SERVICES["kafka"]["image"] == KAFKA_IMAGE
    assert SERVICES["postgres"]["image"] == POSTGRES_IMAGE
    assert {service["image"] for service in OURS.values()} == {f"memewatch:{__version__}"}


def test_kafka_behaves_as_the_local_one_does() -> None:
    told = SERVICES["kafka"]["environment"]
    lines = [line for line in kafka._SERVER.splitlines() if "=" in line and "{" not in line]
    for name, value in (line.split("=") for line in lines):
        if name.endswith((".factor", ".isr", ".enable", ".bytes", ".delay.ms", ".minutes")):
            variable = f"KAFKA_{name.upper().replace('.', '_')}"
            if variable in _ONLY_SMALLER:
                continue
            assert told.get(variable) == value, name


#: They spare memory and disk where Kafka shares a desk with everything else.
_ONLY_SMALLER = {"KAFKA_LOG_SEGMENT_BYTES", "KAFKA_LOG_INDEX_SIZE_MAX_BYTES"}


def test_what_is_kept_lies_in_volumes() -> None:
    assert "kafka-data:/var/lib/kafka/data" in SERVICES["kafka"]["volumes"]
    assert SERVICES["kafka"]["environment"]["KAFKA_LOG_DIRS"] == "/var/lib/kafka/data"
    # PostgreSQL's image refuses a mount at .../data from version 18 on.
    assert "postgres-data:/var/lib/postgresql" in SERVICES["postgres"]["volumes"]
    assert "PGDATA" not in SERVICES["postgres"]["environment"]


def test_a_stage_starts_after_what_it_needs() -> None:
    assert set(SERVICES["migrate"]["depends_on"]) == {"kafka", "postgres"}
    for name in ("worker", "sink", "api"):
        condition = SERVICES[name]["depends_on"]["migrate"]["condition"]
        assert condition == "service_completed_successfully"


def _settings(service: Service) -> dict[str, str]:
    environment: dict[str, str] = service["environment"]
    assert all(name.startswith(PREFIX) for name in environment)
    return environment


def _dockerfile() -> str:
    return (ROOT / "deploy" / "Dockerfile").read_text()


def _seconds(duration: str) -> int:
    return int(duration.removesuffix("s"))
