"""Where settings come from: the environment, then one env file; and what becomes of names nobody knows."""

from decimal import Decimal
from pathlib import Path

import pytest

from entrypoints.settings import SettingsError, read_settings


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A home of the desk."""
    place = tmp_path / "home"
    place.mkdir()
    monkeypatch.setenv("TRADECORE_HOME", str(place))
    return place


def problems(env_file: Path | None = None) -> list[str]:
    """The lines of settings that must be refused."""
    with pytest.raises(SettingsError) as caught:
        read_settings(env_file)
    return str(caught.value).splitlines()


def env_file(tmp_path: Path, *lines: str) -> Path:
    path = tmp_path / "desk.env"
    path.write_text("".join(f"{line}\n" for line in lines))
    return path


def test_without_a_file_the_result_says_so(home: Path) -> None:
    assert home.is_dir()
    assert read_settings().env_file is None


def test_the_named_file_comes_before_the_one_here_and_the_one_in_the_home(tmp_path: Path, home: Path) -> None:
    (home / ".env").write_text("SERVER_PORT=8003\n")
    assert (read_settings().server_port, read_settings().env_file) == (8003, home / ".env")
    (tmp_path / ".env").write_text("SERVER_PORT=8002\n")
    assert (read_settings().server_port, read_settings().env_file) == (8002, tmp_path / ".env")
    named = env_file(tmp_path, "SERVER_PORT=8001")
    assert (read_settings(named).server_port, read_settings(named).env_file) == (8001, named)


def test_one_file_is_read_and_the_others_are_not(tmp_path: Path, home: Path) -> None:
    (home / ".env").write_text("SERVER_PORT=8003\n")
    (tmp_path / ".env").write_text("SIM_SEED=7\n")
    settings = read_settings()
    assert (settings.sim_seed, settings.server_port) == (7, 8000)


def test_the_home_whose_file_is_read_may_be_the_usual_one(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    usual = tmp_path / "state" / "tradecore"
    usual.mkdir(parents=True)
    (usual / ".env").write_text("SIM_SEED=9\n")
    assert (read_settings().home, read_settings().sim_seed) == (usual, 9)


@pytest.mark.parametrize("name", ["MAX_DAILY_LOSS", "TRADECORE_MAX_DAILY_LOSS"])
@pytest.mark.parametrize("in_file", ["MAX_DAILY_LOSS", "TRADECORE_MAX_DAILY_LOSS"])
def test_the_environment_comes_before_the_file_whatever_the_name(
    name: str, in_file: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(name, "300")
    assert read_settings(env_file(tmp_path, f"{in_file}=500")).max_daily_loss == 300


def test_an_empty_variable_leaves_the_word_to_the_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SERVER_PORT", "")
    assert read_settings(env_file(tmp_path, "SERVER_PORT=8001")).server_port == 8001


def test_the_env_file_of_the_sources_is_read_as_it_is_written(tmp_path: Path) -> None:
    path = env_file(
        tmp_path,
        "# Alpaca",
        "export ALPACA_API_KEY=your_alpaca_api_key_here",
        "ALPACA_BASE_URL=https://paper-api.alpaca.markets  # Use paper trading URL",
        'AUTO_EXPIRE_TIME="16:15"',
        "",
        "MAX_POSITION_SIZE=0.02      # 2% of portfolio per position",
        "DATABASE_URL='postgresql://u:a#b$c@db/x'",
        "SOME_OTHER_PROGRAM=1",
    )
    settings = read_settings(path)
    assert str(settings.max_position_size) == "0.02"
    assert settings.database_url is not None
    assert settings.database_url.get_secret_value() == "postgresql://u:a#b$c@db/x"
    assert settings.alpaca_base_url == "https://paper-api.alpaca.markets"


def test_names_may_be_written_in_small_letters(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("tradecore_sim_seed", "5")
    settings = read_settings(env_file(tmp_path, "delta_cap=40", "paper=true"))
    assert (settings.sim_seed, settings.delta_cap, settings.alpaca_paper) == (5, Decimal(40), True)


def test_a_named_file_that_is_missing_stops_the_start(tmp_path: Path) -> None:
    assert problems(tmp_path / "gone.env") == [f"--env-file {tmp_path}/gone.env: no such file"]


def test_a_file_that_is_no_text_stops_the_start(tmp_path: Path) -> None:
    path = tmp_path / "desk.env"
    path.write_bytes(b"SERVER_PORT=\xff\xfe\n")
    assert problems(path) == [f"env file {path}: can't be read (not UTF-8)"]


def test_a_line_that_sets_nothing_is_told_with_its_number_and_without_its_text(tmp_path: Path) -> None:
    path = env_file(tmp_path, "SIM_SEED=1", "", "MAX_DAILY_LOSS 500", "PAGERDUTY_API_KEY", "SERVER_PORT=8001")
    where = f"env file {path} line"
    assert problems(path) == [f"{where} 3: write NAME=value", f"{where} 4: write NAME=value"]


def test_a_problem_in_the_file_names_the_file(tmp_path: Path) -> None:
    path = env_file(tmp_path, "SERVER_PORT=80a")
    assert problems(path) == [f"SERVER_PORT in {path}: '80a' is not a port from 1 to 65535"]


@pytest.mark.parametrize(
    ("name", "meant"),
    [
        ("TRADECORE_HOEM", "TRADECORE_HOME"),
        ("TRADECORE_TOOLSET", "TRADECORE_TOOLSETS"),
        ("TRADECORE_PORTFOLIO_DELTA_CAP", "PORTFOLIO_DELTA_CAP"),
    ],
)
def test_an_unknown_name_of_ours_stops_the_start(name: str, meant: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(name, "")
    assert problems() == [f"{name} is not a setting of tradecore; did you mean {meant}?"]


def test_an_unknown_name_like_no_other_points_to_the_list(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TRADECORE_XYZZY_PLUGH_QQQ", "1")
    assert problems() == ["TRADECORE_XYZZY_PLUGH_QQQ is not a setting of tradecore; .env.example lists all"]


@pytest.mark.parametrize(
    ("name", "meant"),
    [
        ("MAX_DIALY_LOSS", "MAX_DAILY_LOSS"),
        ("DELTA_CAPS", "DELTA_CAP"),
        ("ALPACA_APIKEY_ID", "ALPACA_API_KEY_ID"),
        ("TRADECORE_MDOE", "TRADECORE_MODE"),
    ],
)
def test_a_misspelt_name_in_the_file_stops_the_start(name: str, meant: str, tmp_path: Path) -> None:
    path = env_file(tmp_path, f"{name}=1")
    assert problems(path) == [f"{name} in {path} is not a setting of tradecore; did you mean {meant}?"]


@pytest.mark.parametrize("name", ["COMPOSE_PROJECT_NAME", "TEST_DATABASE_URL", "POSTGRES_PASSWORD", "PORT", "DEBUG"])
def test_what_other_programs_keep_in_the_file_is_left_alone(name: str, tmp_path: Path) -> None:
    settings = read_settings(env_file(tmp_path, f"{name}=1\nDELTA_CAP=33"))
    assert settings.delta_cap == 33, "ours is read beside it"
    assert "1" not in {str(getattr(settings, field)) for field in settings.model_fields_set}


def test_a_near_miss_in_the_environment_is_somebody_else_s(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MAX_DIALY_LOSS", "1")
    assert read_settings().max_daily_loss is None


def test_two_names_of_one_setting_that_differ_are_both_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DELTA_CAP", "50")
    monkeypatch.setenv("PORTFOLIO_DELTA_CAP", "60")
    (line,) = problems()
    assert "DELTA_CAP and PORTFOLIO_DELTA_CAP" in line or "PORTFOLIO_DELTA_CAP and DELTA_CAP" in line
    assert "'50'" in line
    assert "'60'" in line


def test_two_names_of_one_setting_may_say_the_same(tmp_path: Path) -> None:
    path = env_file(tmp_path, "DELTA_CAP=50", "PORTFOLIO_DELTA_CAP=50", "TRADECORE_DELTA_CAP=50")
    assert read_settings(path).delta_cap == 50


def test_two_secrets_that_differ_are_named_and_not_shown(tmp_path: Path) -> None:
    path = env_file(tmp_path, "ALPACA_API_KEY=canary-1", "ALPACA_API_KEY_ID=canary-2")
    names = f"ALPACA_API_KEY and ALPACA_API_KEY_ID in {path}"
    assert problems(path) == [f"{names}: are the same setting and the values differ; keep one"]


def test_a_name_written_twice_with_other_values_stops_the_start(tmp_path: Path) -> None:
    path = env_file(tmp_path, "MAX_DAILY_LOSS=500", "MAX_DAILY_LOSS=5000")
    assert problems(path) == [
        f"MAX_DAILY_LOSS in {path}: is given twice and the values differ ('500' and '5000'); keep one"
    ]


def test_everything_that_is_wrong_is_told_at_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TRADECORE_HOEM", "x")
    monkeypatch.setenv("SERVER_PORT", "x")
    monkeypatch.setenv("TRADECORE_MODE", "paper")
    path = env_file(tmp_path, "MAX_DAILY_LOSS=0.05", "not a line", "SERVER_HOST=0.0.0.0")
    assert [line.split(":")[0].split(" in ")[0] for line in problems(path)] == [
        "TRADECORE_HOEM is not a setting of tradecore; did you mean TRADECORE_HOME?",
        f"env file {path} line 2",
        "MAX_DAILY_LOSS",
        "SERVER_PORT",
        "ALPACA_API_KEY_ID",
        "ALPACA_API_SECRET_KEY",
        "SERVER_HOST",
        "SERVER_HOST",
    ]
