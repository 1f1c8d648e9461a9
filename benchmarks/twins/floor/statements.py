"""What the floor asks the database, as text with `%s` for each parameter."""

from benchmarks.twins.floor.answers import OWN, PUBLIC

LIVE = "id = %s AND token_generation = %s AND is_active"

PERSON = f"SELECT time_zone, day_starts_at FROM accounts_user WHERE {LIVE}"  # noqa: S608  # no outside text
PERSON_FOR_CHANGE = f"{PERSON} FOR NO KEY UPDATE"

MY_PAGE = f"""SELECT {OWN} FROM habits_habit h
    LEFT JOIN habits_habit r ON r.id = h.related_habit_id
    WHERE h.owner_id = %s AND h.id < %s ORDER BY h.id DESC LIMIT %s"""  # noqa: S608  # no outside text
PUBLIC_PAGE = f"""SELECT {PUBLIC} FROM habits_habit h
    LEFT JOIN habits_habit r ON r.id = h.related_habit_id AND r.is_public
    WHERE h.is_public AND h.id < %s ORDER BY h.id DESC LIMIT %s"""  # noqa: S608  # no outside text

COUNT = "SELECT count(*) FROM habits_habit WHERE owner_id = %s"
RELATED = "SELECT owner_id, is_enjoyed FROM habits_habit WHERE id = %s"
INSERT = """INSERT INTO habits_habit (owner_id, action, place, time, duration, periodicity,
    weekdays, starts_on, reward, related_habit_id, is_enjoyed, is_public, next_due_at,
    action_folded, place_folded, created_at, updated_at)
    VALUES (%s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s) RETURNING id"""

HABITS = """SELECT id, action, place, time, starts_on, periodicity, weekdays, paused_from,
    paused_until FROM habits_habit WHERE owner_id = %s"""
PROGRESS = """SELECT habit_id, streak, longest_streak, strength, settled_on, tail_from
    FROM habits_progress WHERE habit_id = ANY(%s)"""
CHECK_INS = """SELECT habit_id, date, status FROM habits_checkin
    WHERE habit_id = ANY(%s) AND date >= %s"""
PAST_SCHEDULES = """SELECT habit_id, until, starts_on, periodicity, weekdays
    FROM habits_pastschedule WHERE habit_id = ANY(%s) AND until > %s ORDER BY until"""
PAST_PAUSES = """SELECT habit_id, starts_on, ends_on FROM habits_pastpause
    WHERE habit_id = ANY(%s) AND ends_on >= %s"""

FIRST = 2**63 - 1
"""A page from the front: all numbers are smaller."""
