"""Whether the process and what it leans on answer."""

import dramatiq
import pytest
import redis
from django.db import InterfaceError, OperationalError, connection
from django.test import Client
from dramatiq.brokers.stub import StubBroker


def test_healthz_asks_nobody(client: Client) -> None:
    response = client.get("/healthz")

    assert (response.status_code, response.json()) == (200, {"status": "ok"})
    assert response["Cache-Control"] == "no-store"


@pytest.mark.django_db
def test_readyz_is_ready_on_real_servers(client: Client) -> None:
    response = client.get("/readyz")

    assert response.status_code == 200
    assert response.json() == {"database": "ok", "broker": "ok"}


@pytest.mark.django_db
def test_readyz_names_a_broker_that_is_gone(
    client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    broker = dramatiq.get_broker()
    gone = redis.Redis(host="127.0.0.1", port=9, socket_timeout=1)
    monkeypatch.setattr(broker, "client", gone)

    response = client.get("/readyz")

    assert response.status_code == 503
    assert response.json() == {"database": "ok", "broker": "unavailable"}


@pytest.mark.django_db
@pytest.mark.parametrize("error", [OperationalError("refused"), InterfaceError("closed")])
def test_readyz_names_a_database_that_is_gone(
    error: Exception, client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse() -> None:
        raise error

    monkeypatch.setattr(connection, "cursor", refuse)

    response = client.get("/readyz")

    assert response.status_code == 503
    assert response.json()["database"] == "unavailable"


@pytest.mark.django_db
def test_a_broker_in_the_process_is_always_there(
    client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("dramatiq.get_broker", StubBroker)

    assert client.get("/readyz").json()["broker"] == "ok"
