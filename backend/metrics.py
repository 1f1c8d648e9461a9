"""`/metrics`: the reminders' figures for Prometheus, for those who know `METRICS_TOKEN`."""

import datetime
import secrets
from collections.abc import Iterator

from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseNotAllowed
from django.utils import timezone
from django.views.decorators.csrf import csrf_exempt
from prometheus_client import CollectorRegistry
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, SummaryMetricFamily
from prometheus_client.exposition import choose_encoder
from prometheus_client.metrics_core import Metric
from prometheus_client.registry import Collector

from notifications import figures, totals
from notifications.models import REASONS, State
from notifications.totals import Total

METHODS = ("GET", "HEAD")


# A scraper has no cookie; without this a POST would answer 403 instead of 405.
@csrf_exempt
def metrics(request: HttpRequest) -> HttpResponse:
    """200 with the figures; 404 without a `METRICS_TOKEN`, 401 for whoever does not send it."""
    if not settings.METRICS_TOKEN:
        raise Http404
    answer = _answer(request)
    answer["Cache-Control"] = "no-store"
    answer["Content-Language"] = "en"  # as the figures are described, whoever asks
    return answer


def _answer(request: HttpRequest) -> HttpResponse:
    if request.method not in METHODS:
        return HttpResponseNotAllowed(METHODS)
    if not _is_authorised(request):
        headers = {"WWW-Authenticate": 'Bearer realm="metrics"'}
        return HttpResponse(
            "Unauthorized\n", status=401, content_type="text/plain", headers=headers
        )
    registry = CollectorRegistry()
    registry.register(Reminders(timezone.now()))
    try:
        encode, content_type = choose_encoder(request.headers.get("Accept", ""))
    except (TypeError, ValueError):
        # It stumbles over a version that is none.
        encode, content_type = choose_encoder("")
    return HttpResponse(encode(registry), content_type=content_type)


def _is_authorised(request: HttpRequest) -> bool:
    scheme, _, token = request.headers.get("Authorization", "").partition(" ")
    is_known = secrets.compare_digest(token.strip().encode(), settings.METRICS_TOKEN.encode())
    return is_known and scheme.lower() == "bearer"


class Reminders(Collector):
    """The figures as the database has them at `now`: the same from every web process."""

    def __init__(self, now: datetime.datetime) -> None:
        self.now = now

    def describe(self) -> list[Metric]:
        """Nothing: the registry would ask the database what there is before it asks how much."""
        return []

    def collect(self) -> Iterator[Metric]:
        yield from self._queue()
        yield from self._totals()

    def _queue(self) -> Iterator[Metric]:
        yield GaugeMetricFamily(
            "reminders_queue_lag_seconds",
            "For how long the oldest pending reminder has been due; 0 when none is.",
            value=figures.lag(self.now).total_seconds(),
        )
        rows = GaugeMetricFamily(
            "reminders_open", "Reminders that have not come to their end.", labels=["state"]
        )
        for state, count in figures.open_rows().items():
            rows.add_metric([state.value], count)
        yield rows

    def _totals(self) -> Iterator[Metric]:
        counted = totals.read()
        yield CounterMetricFamily(
            "reminders_planned",
            "Reminders entered into the ledger.",
            value=counted[Total.PLANNED, ""],
        )
        yield CounterMetricFamily(
            "reminders_sent", "Reminders that Telegram took.", value=counted[State.SENT, ""]
        )
        yield CounterMetricFamily(
            "reminders_ambiguous",
            "Sends of which nobody knows whether they arrived.",
            value=counted[Total.AMBIGUOUS, ""],
        )
        for state, text in (
            (State.FAILED, "Reminders that failed for good, by reason."),
            (State.CANCELLED, "Reminders that were no longer due, by reason."),
            (State.EXPIRED, "Reminders that the catch-up window passed by, by reason."),
        ):
            ends = CounterMetricFamily(f"reminders_{state.value}", text, labels=["reason"])
            for reason in REASONS[state]:
                ends.add_metric([reason.value], counted[state, reason])
            yield ends
        yield from _ticks(counted)


def _ticks(counted: dict[totals.Key, int]) -> Iterator[Metric]:
    yield SummaryMetricFamily(
        "reminders_tick_duration_seconds",
        "How long ticks of the planner took.",
        count_value=counted.get((Total.TICKS, ""), 0),
        sum_value=counted.get((Total.TICK_MICROSECONDS, ""), 0) / 1_000_000,
    )
    last = figures.last_tick()
    yield GaugeMetricFamily(
        "reminders_last_tick_duration_seconds",
        "How long the last tick took.",
        value=last.seconds if last else 0,
    )
    yield GaugeMetricFamily(
        "reminders_last_tick_timestamp_seconds",
        "When the last tick came to its end, in Unix time; 0 before the first one.",
        value=last.ended_at.timestamp() if last else 0,
    )
