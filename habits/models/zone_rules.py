"""By which rules of time zones the next occurrences were computed."""

from django.db import models


class ZoneRules(models.Model):
    """Which rules of time zones every `next_due_at` was computed by: one row, see `zone_rules`.

    `version` is tzdata's, as `2026b`, and empty where nobody knows; `reached` is the number of the
    last habit that the pass over all of them has brought to it, NULL once that is over.
    """

    PK = 1

    version = models.CharField(max_length=16, default="")
    reached = models.BigIntegerField(null=True)

    def __str__(self) -> str:
        return self.version
