"""From which date to which a field goes, as its caller says, and how long that may be."""

import datetime

from django.utils.translation import gettext as _

from accounts.errors import BadUserInput

MOST_DAYS = 366
"""A leap year: the longest period that one field goes over."""

LAST_DAYS = 30
"""How many days a period has whose beginning nobody says."""

MOST_EXPLAINED_DAYS = 90
"""What days that are longer ago have done to a strength is little."""

DAY = datetime.timedelta(days=1)


def check_period(field: str, first: datetime.date, last: datetime.date) -> None:
    """Raises `BadUserInput` unless `last` is `first` or one of the 365 dates after it."""
    days = (last - first).days + 1
    if not 1 <= days <= MOST_DAYS:
        text = _(
            "`%(field)s` goes over 1 to %(most)d days; `from` %(first)s `to` %(last)s is %(days)d."
        )
        raise BadUserInput(
            text % {"field": field, "most": MOST_DAYS, "first": first, "last": last, "days": days}
        )


def last_days(last: datetime.date) -> datetime.date:
    """Where a period begins that ends on `last`, when nobody says."""
    return last - min((LAST_DAYS - 1) * DAY, last - datetime.date.min)


def check_explained_days(days: int) -> None:
    """Raises `BadUserInput` for a number out of range."""
    if not 1 <= days <= MOST_EXPLAINED_DAYS:
        text = _("`explainStrength` goes over 1 to %(most)d days; `days` is %(days)d.")
        raise BadUserInput(text % {"most": MOST_EXPLAINED_DAYS, "days": days})
