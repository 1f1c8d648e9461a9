"""What time it is to a request."""

import datetime

from django.http import HttpRequest
from django.utils import timezone
from strawberry.types import Info


def now_of(info: Info) -> datetime.datetime:
    """The moment at which this request asked first; mutations ask once they hold their lock.

    Everything that one request reads and changes goes by it, so that no two of its fields disagree
    about the date at midnight.
    """
    request: HttpRequest = info.context.request
    if not hasattr(request, "moment"):
        request.moment = timezone.now()  # type: ignore[attr-defined]  # ours
    moment: datetime.datetime = request.moment  # type: ignore[attr-defined]
    return moment
