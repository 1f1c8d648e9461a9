"""`/metrics`: for whom it opens, and what it tells Prometheus."""

from collections.abc import Iterator

import pytest
import time_machine
from django.test import Client
from prometheus_client.metrics_core import Metric
from prometheus_client.openmetrics import parser as openmetrics
from prometheus_client.parser import text_string_to_metric_families
from pytest_django import DjangoAssertNumQueries, Settings

from accounts.models import User
from notifications import totals
from notifications.models import Reason, Reminder, State
from tests.conftest import MakeHabit
from tests.notifications.stage import HOUR, MINUTE, NOW, planned, under_way

TOKEN = "a-token-for-the-scraper"
BEARER = {"Authorization": f"Bearer {TOKEN}"}
OPENMETRICS = "application/openmetrics-text; version=1.0.0; charset=utf-8"


@pytest.fixture(autouse=True)
def clock() -> Iterator[time_machine.Traveller]:
    with time_machine.travel(NOW, tick=False) as traveller:
        yield traveller


@pytest.fixture(autouse=True)
def token(settings: Settings) -> None:
    settings.METRICS_TOKEN = TOKEN


def read_text(text: str) -> list[Metric]:
    return list(text_string_to_metric_families(text))


def scrape(client: Client) -> dict[str, float]:
    """Each sample's value, by its name and its labels' values."""
    text = client.get("/metrics", headers=BEARER).content.decode()
    return {
        " ".join([sample.name, *sample.labels.values()]): sample.value
        for family in read_text(text)
        for sample in family.samples
    }


@pytest.mark.parametrize("debug", [True, False])
@pytest.mark.parametrize("method", ["get", "head", "post"])
def test_without_a_token_there_is_no_such_page(
    debug: bool, method: str, client: Client, settings: Settings
) -> None:
    settings.METRICS_TOKEN = ""
    settings.DEBUG = debug

    for headers in ({}, BEARER, {"Authorization": "Bearer "}):
        assert getattr(client, method)("/metrics", headers=headers).status_code == 404


@pytest.mark.parametrize(
    "given",
    [
        None,
        "",
        "Bearer",
        "Bearer ",
        f"Basic {TOKEN}",
        TOKEN,
        f"Bearer {TOKEN}x",
        f"Bearer {TOKEN[:-1]}",
        f"Bearer {TOKEN.upper()}",
        "Bearer ü",
    ],
)
def test_whoever_does_not_know_the_token_sees_nothing(given: str | None, client: Client) -> None:
    answer = client.get("/metrics", headers={} if given is None else {"Authorization": given})

    assert answer.status_code == 401
    assert answer["WWW-Authenticate"] == 'Bearer realm="metrics"'
    assert answer["Cache-Control"] == "no-store"
    assert answer.content == b"Unauthorized\n"


@pytest.mark.django_db
@pytest.mark.parametrize("scheme", ["Bearer", "bearer"])
def test_the_token_opens_it(scheme: str, client: Client) -> None:
    headers = {"Authorization": f"{scheme} {TOKEN}", "Accept-Language": "ru"}

    answer = client.get("/metrics", headers=headers)

    assert answer.status_code == 200
    assert answer["Cache-Control"] == "no-store"
    assert answer["Content-Language"] == "en"
    assert answer["Content-Type"].startswith("text/plain")
    assert client.head("/metrics", headers=BEARER).status_code == 200


@pytest.mark.parametrize("method", ["post", "put", "patch", "delete", "options"])
def test_it_is_only_read(method: str) -> None:
    client = Client(enforce_csrf_checks=True)

    answer = getattr(client, method)("/metrics", headers=BEARER)

    assert answer.status_code == 405
    assert answer["Allow"] == "GET, HEAD"
    assert answer["Cache-Control"] == "no-store"


@pytest.mark.django_db
def test_the_format_is_negotiated(client: Client) -> None:
    answer = client.get("/metrics", headers={**BEARER, "Accept": OPENMETRICS})

    assert answer["Content-Type"].startswith("application/openmetrics-text")
    text = answer.content.decode()
    read = openmetrics.text_string_to_metric_families(text)  # type: ignore[no-untyped-call]
    names = {family.name for family in read}
    assert "reminders_sent" in names


@pytest.mark.django_db
@pytest.mark.parametrize("version", ["", "x", "1.0.0" + ".0" * 1000, "9" * 5000])
def test_a_version_that_is_none_is_answered_in_the_plain_format(
    version: str, client: Client
) -> None:
    headers = {**BEARER, "Accept": f"application/openmetrics-text; version={version}"}

    answer = client.get("/metrics", headers=headers)

    assert answer.status_code == 200
    assert b"reminders_queue_lag_seconds" in answer.content


@pytest.mark.django_db
def test_before_anything_happened_all_is_zero_and_says_what_it_is(client: Client) -> None:
    samples = scrape(client)

    assert set(samples.values()) == {0}
    assert {
        f"reminders_failed_total {reason}" for reason in ("rejected", "broken", "ambiguous")
    } <= (samples.keys())
    text = client.get("/metrics", headers=BEARER).content.decode()
    families = read_text(text)
    assert len(families) == 11
    assert all(family.documentation for family in families)


def test_it_tells_how_the_reminders_stand(
    client: Client, alice: User, make_habit: MakeHabit
) -> None:
    def ended(state: State, reason: str = "") -> None:
        row = planned(make_habit(alice))
        Reminder.objects.filter(pk=row.pk).update(state=state, reason=reason, ended_at=NOW)

    ended(State.SENT)
    ended(State.SENT)
    ended(State.FAILED, Reason.REJECTED)
    ended(State.CANCELLED, Reason.NOT_DUE)
    ended(State.EXPIRED, Reason.TOO_LATE)
    totals.count_ended()
    ended(State.SENT)  # since the last tick
    planned(make_habit(alice))
    under_way()
    planned(make_habit(alice), NOW - HOUR)
    planned(make_habit(alice))
    totals.add(totals.Total.AMBIGUOUS, 4)
    totals.note_tick(NOW - 2 * MINUTE, 1.5)
    totals.note_tick(NOW - MINUTE, 0.5)

    told = {name: value for name, value in scrape(client).items() if value}

    assert told == {
        "reminders_queue_lag_seconds": 3600,
        "reminders_open pending": 2,
        "reminders_open sending": 1,
        "reminders_planned_total": 9,
        "reminders_sent_total": 3,
        "reminders_ambiguous_total": 4,
        "reminders_failed_total rejected": 1,
        "reminders_cancelled_total not_due": 1,
        "reminders_expired_total too_late": 1,
        "reminders_tick_duration_seconds_count": 2,
        "reminders_tick_duration_seconds_sum": 2,
        "reminders_last_tick_duration_seconds": 0.5,
        "reminders_last_tick_timestamp_seconds": (NOW - MINUTE).timestamp(),
    }


def test_a_reminder_that_lies_ahead_is_no_lag(
    client: Client, alice: User, make_habit: MakeHabit
) -> None:
    planned(make_habit(alice))
    Reminder.objects.update(due_at=NOW + HOUR)

    assert scrape(client)["reminders_queue_lag_seconds"] == 0


def test_a_reminder_that_waits_for_another_try_lags(
    client: Client, alice: User, make_habit: MakeHabit
) -> None:
    """Else an outage that puts all rows off, again and again, would not show."""
    planned(make_habit(alice), NOW - HOUR)
    Reminder.objects.update(not_before=NOW + MINUTE)

    assert scrape(client)["reminders_queue_lag_seconds"] == 3600


def test_a_scrape_costs_a_fixed_number_of_statements(
    client: Client,
    alice: User,
    make_habit: MakeHabit,
    django_assert_num_queries: DjangoAssertNumQueries,
) -> None:
    # Lag, two open states, totals, last tick.
    for _ in range(2):
        with django_assert_num_queries(5):
            scrape(client)
        planned(make_habit(alice))
        totals.note_tick(NOW, 1)
