"""People and habits by the million, written by the database itself; and tokens of some of them."""

import datetime
from collections.abc import Iterable
from dataclasses import asdict

import jwt
from django.conf import settings
from django.db import connection
from django.utils import timezone

from accounts.access_tokens import claims_for
from accounts.models import User
from benchmarks.bench.scales import Scale
from benchmarks.people import ZONES
from habits.models import Habit, Progress
from habits.progress import kept, tail_from
from habits.records import histories_of

LIST = 40
"""Habits of a busy person: two pages of 20."""

BATCH = 2000
TOKEN_LIFE = datetime.timedelta(days=1)

PEOPLE = """INSERT INTO accounts_user (id, password, is_superuser, email, chat_id, chat_status,
    time_zone, day_starts_at, language, token_generation, is_active, is_staff, date_joined)
SELECT n, '!', false, 'person' || n || '@example.org', n, 'ok', (%(zones)s)[n %% 5 + 1],
    make_time(n %% 4, 0, 0), 'en', n %% 3, true, false, now()
FROM generate_series(1, %(people)s) AS n"""

# One habit of each person after the other, so that nobody's lie together. The first habit of each
# is enjoyed, and so is every tenth; three quarters of the useful ones lead to the first.
HABITS = """INSERT INTO habits_habit (id, owner_id, action, place, time, duration, periodicity,
    weekdays, starts_on, reward, related_habit_id, is_enjoyed, is_public, next_due_at,
    action_folded, place_folded, created_at, updated_at)
SELECT id, owner, action, place, time, duration, periodicity, weekdays, starts_on,
    CASE WHEN NOT enjoyed AND layer %% 4 = 1 THEN 'a cup of tea' END,
    CASE WHEN NOT enjoyed AND layer %% 4 <> 1 THEN first END,
    enjoyed, (owner + layer) %% 2 = 0,
    (current_date + 1 + id::int %% 3 + time) AT TIME ZONE zone,
    lower(action), lower(place), now(), now()
FROM (
    SELECT offset_ + n AS id, owner_from + (n - 1) %% owners AS owner,
        offset_ + 1 + (n - 1) %% owners AS first, layer, layer %% 10 = 0 AS enjoyed,
        (ARRAY['Drink a glass of water', 'Выпить стакан воды', 'Ten push-ups', 'Read two pages',
            'Разобрать почту'])[n %% 5 + 1] || ' ' || n AS action,
        (ARRAY['the kitchen', 'дома', 'the office'])[n %% 3 + 1] AS place,
        CASE WHEN layer > 0 THEN make_time(n * 7 %% 24, n * 13 %% 60, 0) END AS time,
        CASE WHEN layer %% 10 > 0 THEN n %% 120 + 1 END AS duration,
        CASE WHEN layer %% 10 <> 4 THEN (ARRAY[1, 1, 2, 1, 3, 1, 7])[n %% 7 + 1] END AS periodicity,
        CASE WHEN layer %% 10 = 4 THEN 31 END AS weekdays,
        current_date - %(days)s - n %% 14 AS starts_on
    FROM (
        SELECT n, (n - 1) / %(owners)s AS layer, %(owners)s AS owners, %(offset)s AS offset_,
            %(owner_from)s AS owner_from
        FROM generate_series(1, %(habits)s) AS n
    ) AS numbered
) AS drawn
JOIN (SELECT id AS person, time_zone AS zone FROM accounts_user) AS people ON person = owner"""

# Of the due dates every seventh is missed and every ninth skipped; today's is open in two of three.
CHECK_INS = """INSERT INTO habits_checkin (habit_id, date, status, source, made_at)
SELECT h.id, day, CASE (h.id + n) %% 9 WHEN 0 THEN 'skipped' ELSE 'done' END, 'api', now()
FROM habits_habit AS h JOIN accounts_user AS u ON u.id = h.owner_id
CROSS JOIN LATERAL (
    SELECT h.starts_on + n AS day, n, ((now() AT TIME ZONE u.time_zone)::date) AS today
    FROM generate_series(0, %(days)s + 14) AS n
) AS dates
WHERE h.owner_id <= %(busy)s AND (day < today OR day = today AND h.id %% 3 = 0)
    AND (h.id + n) %% 7 > 0
    AND CASE WHEN h.weekdays IS NULL THEN n %% h.periodicity = 0
        ELSE h.weekdays >> (extract(isodow FROM day)::int - 1) & 1 = 1 END"""


def fill(scale: Scale) -> None:
    """People from 1 on, the busy ones first; their habits; check-ins of the busy, with progress."""
    busy = {"habits": scale.busy * LIST, "owners": scale.busy, "owner_from": 1, "offset": 0}
    others = {
        "habits": scale.habits - scale.busy * LIST,
        "owners": scale.people - scale.busy,
        "owner_from": scale.busy + 1,
        "offset": scale.busy * LIST,
    }
    with connection.cursor() as cursor:
        # No request: this may take a minute.
        cursor.execute("SET statement_timeout = 0")
        # The rows are right: to look each foreign key up again takes as long as to write them.
        cursor.execute("SET session_replication_role = replica")
        cursor.execute(PEOPLE, {"people": scale.people, "zones": list(ZONES)})
        for part in (busy, others):
            cursor.execute(HABITS, {**part, "days": scale.days})
        cursor.execute(CHECK_INS, {"busy": scale.busy, "days": scale.days})
        cursor.execute("SET session_replication_role = DEFAULT")
        for table in ("accounts_user", "habits_habit"):
            cursor.execute(
                f"SELECT setval(pg_get_serial_sequence('{table}', 'id'), max(id)) FROM {table}"  # noqa: S608  # the names above
            )
    _keep_progress(scale.busy * LIST)
    with connection.cursor() as cursor:
        cursor.execute("VACUUM ANALYZE")
        cursor.execute("CHECKPOINT")


def _keep_progress(habits: int) -> None:
    """What `habits.tracking` keeps beside habits with check-ins, for the first `habits` of them."""
    now = timezone.now()
    for start in range(0, habits, BATCH):
        rows = Habit.objects.filter(pk__gt=start, pk__lte=start + BATCH).select_related("owner")
        known = {pk: kept(each) for pk, each in histories_of(rows, now).items()}
        Progress.objects.bulk_create(
            Progress(pk=pk, **asdict(each), tail_from=tail_from(each)) for pk, each in known.items()
        )


def tokens_of(people: Iterable[int]) -> list[str]:
    """An access token of each of these people, good for a day."""
    return [token_of(user) for user in User.objects.filter(pk__in=people).order_by("pk")]


def token_of(user: User, key: str | None = None, **claims: object) -> str:
    """An access token that is good for a day, unless its key or its claims are others."""
    expires = timezone.now() + TOKEN_LIFE
    key = key or settings.JWT_SECRET_KEY
    return jwt.encode({**claims_for(user), "exp": expires, **claims}, key, algorithm="HS256")


def bad_tokens_of(person: int) -> dict[str, str]:
    """Tokens of that person that nobody may take, by what is wrong with each."""
    user = User.objects.get(pk=person)
    return {
        "revoked": token_of(user, gen=user.token_generation + 1),
        "forged": token_of(user, key="a key that is as long as the right one but not it"),
        "expired": token_of(user, exp=timezone.now() - TOKEN_LIFE),
        "another type": token_of(user, typ="refresh"),
        "another issuer": token_of(user, iss="somebody"),
        "of nobody": token_of(user, sub="0"),
    }
