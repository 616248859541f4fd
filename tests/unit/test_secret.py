"""Secrets: found in a model, and gone from every text about it."""

from __future__ import annotations

from typing import Any

import pytest

from bgd.domain.release import Model
from bgd.domain.secret import MASK, masked, masked_model, secrets_of


def model(**service: Any) -> Model:
    return {"name": "shop", "services": {"web": service, "postgres": {}}}


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("POSTGRES_PASSWORD", "hunter2"),
        ("DB_PASS", "hunter2"),
        ("SECRET_KEY_BASE", "short-one"),
        ("API_TOKEN", "tok en"),
        ("STRIPE_KEY", "whatever"),
        ("X", "sk_live_4eC39HqLyjWDarjtT1zdp7dc"),
        ("X", "d41d8cd98f00b204e9800998ecf8427e"),
        ("X", "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0.abc-_x"),
        ("X", "A8f3kQ9zLm2Xw7Rt5Yb1"),
        ("X", "-----BEGIN RSA PRIVATE KEY-----\nMIIEabc\n-----END RSA PRIVATE KEY-----"),
    ],
)
def test_a_secret_is_known_by_its_name_or_its_shape(name: str, value: str) -> None:
    text = f"failed with {value} in it"
    assert value.splitlines()[0] not in masked(text, secrets_of(model(environment={name: value})))


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("NODE_ENV", "production"),
        ("PORT", "3000"),
        ("DATABASE_HOST", "db.example.com"),
        ("PASSWORD_FILE", "/run/secrets/password"),
        ("POSTGRES_PASSWORD", ""),
        ("USE_TOKEN", "true"),
        ("PASSENGER_APP", "myapplication"),
        ("COMPASS_DIRECTION", "northwest"),
        ("URL", "http://api.internal:8080/path/to/thing"),
        ("AUTH_MANAGER", "app.providers.auth.Manager"),
    ],
)
def test_ordinary_values_stay_readable(name: str, value: str) -> None:
    assert secrets_of(model(environment={name: value})) == frozenset()


def test_of_a_url_the_password_is_the_secret() -> None:
    secrets = secrets_of(model(environment={"DATABASE_URL": "postgres://app:hunter2@db:5432/shop"}))
    assert masked("postgres://app:hunter2@db:5432", secrets) == f"postgres://app:{MASK}@db:5432"


def test_secrets_are_found_in_arguments_labels_and_flags() -> None:
    given = model(
        build={"args": {"NPM_TOKEN": "npm-1234"}},
        labels={"traefik.http.middlewares.a.basicauth.users": "admin:abcdef"},
        command=["redis-server", "--requirepass", "redis-pass"],
        healthcheck={"test": ["CMD-SHELL", "ping --password=check-pass || exit 1"]},
    )
    text = "npm-1234 admin:abcdef redis-pass check-pass"
    assert masked(text, secrets_of(given)) == " ".join([MASK] * 4)


def test_what_a_shell_in_the_container_looks_up_is_no_secret() -> None:
    given = model(healthcheck={"test": ["CMD-SHELL", 'mysqladmin --password="$$(cat /run/secrets/x)"']})
    assert secrets_of(given) == frozenset()


def test_secrets_and_configs_given_by_content_are_found() -> None:
    given = model()
    given["secrets"] = {"a": {"content": "line-one\nline-two"}, "b": {"x-bgd-value": "by-variable"}}
    given["configs"] = {"c": {"content": "host = db\npassword = 'in-config'\n"}}
    secrets = secrets_of(given)
    assert masked("line-two by-variable in-config host db", secrets) == f"{MASK} {MASK} {MASK} host db"


def test_a_dollar_is_masked_as_compose_writes_it_and_as_the_app_sees_it() -> None:
    secrets = secrets_of(model(environment={"PASSWORD": "pa$$word"}))
    assert masked("pa$word and pa$$word", secrets) == f"{MASK} and {MASK}"


def test_a_quoted_secret_is_masked_too() -> None:
    assert "wo" not in masked(r'"pa\"ss wo"', secrets_of(model(environment={"PASSWORD": 'pa"ss wo'})))


def test_a_secret_that_begins_with_another_leaves_nothing_behind() -> None:
    secrets = secrets_of(model(environment={"A_PASSWORD": "hunter", "B_PASSWORD": "hunter2go"}))
    assert masked("hunter2go", secrets) == MASK


def test_a_password_that_is_the_name_of_a_service_does_not_hide_the_service() -> None:
    secrets = secrets_of(model(environment={"POSTGRES_PASSWORD": "postgres"}))
    assert masked("postgres is unhealthy", secrets) == "postgres is unhealthy"


def test_a_shown_model_has_no_value_of_an_environment() -> None:
    given = model(
        environment={"PORT": "3000", "UNSET": None},
        build={"context": ".", "args": ["A=1", "B"]},
        command=["serve", "--password", "hunter2"],
    )
    given["secrets"] = {"s": {"environment": "S", "x-bgd-value": "value"}}
    given["configs"] = {"c": {"content": "all of it"}}
    shown = masked_model(given)
    web = shown["services"]["web"]
    assert web["environment"] == {"PORT": MASK, "UNSET": None}
    assert web["build"] == {"context": ".", "args": [f"A={MASK}", "B"]}
    assert web["command"] == ["serve", "--password", MASK]
    assert shown["secrets"] == {"s": {"environment": "S", "x-bgd-value": MASK}}
    assert shown["configs"] == {"c": {"content": MASK}}
    assert given["services"]["web"]["environment"]["PORT"] == "3000"


def test_the_url_of_a_notification_is_a_secret() -> None:
    model = {"services": {}, "x-bgd": {"notify": ["tgram://12:AbCdEf/chat"]}}
    assert masked("sent to tgram://12:AbCdEf/chat", secrets_of(model)) == "sent to •••"
    assert masked_model(model)["x-bgd"] == {"notify": "•••"}
