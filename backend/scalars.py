"""How times and dates are written, in all of the schema."""

import contextlib
import datetime
import re

import strawberry
from django.utils.translation import gettext as _
from graphql import GraphQLError


def _parse_time(value: object) -> datetime.time:
    if isinstance(value, str) and re.fullmatch(r"([01][0-9]|2[0-3]):[0-5][0-9]", value):
        return datetime.time.fromisoformat(value)
    raise GraphQLError(_("A time is written HH:MM, from 00:00 to 23:59."))


TIME_SCALAR = strawberry.scalar(
    name="Time",
    description="A wall-clock time in whole minutes, written `HH:MM`, from `00:00` to `23:59`.",
    serialize=lambda time: time.isoformat("minutes"),
    parse_value=_parse_time,
)


def _parse_date(value: object) -> datetime.date:
    # Python also reads 20260101 and 2026-W01-1, which no client means.
    if isinstance(value, str) and re.fullmatch(r"[0-9]{4}-[0-9]{2}-[0-9]{2}", value):
        with contextlib.suppress(ValueError):
            return datetime.date.fromisoformat(value)
    raise GraphQLError(_("A date is written YYYY-MM-DD and stands in the calendar."))


DATE_SCALAR = strawberry.scalar(
    name="Date",
    description="A date of the calendar, written `YYYY-MM-DD`.",
    serialize=datetime.date.isoformat,
    parse_value=_parse_date,
)
