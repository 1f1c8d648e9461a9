"""Pages of habits: sizes, cursors, and orders that show every row once."""

import base64
import datetime
import itertools
import json
from collections.abc import Iterator
from typing import Any

import pytest

from accounts.models import User
from habits.models import Habit
from tests.conftest import Caller, MakeHabit
from tests.habits.conftest import HABITS, PUBLIC_HABITS, all_rows, id_of, nodes

Order = list[dict[str, str]]

LISTS = {"habits": HABITS, "publicHabits": PUBLIC_HABITS}


def cursor_of(*values: Any) -> str:
    """A forged cursor."""
    return base64.b64encode(json.dumps(values).encode()).decode()


def ids(connection: Any) -> list[str]:
    return [node["id"] for node in nodes(connection)]


@pytest.fixture
def many(alice: User, make_habit: MakeHabit) -> list[Habit]:
    """Public habits, more than the largest page holds."""
    model = make_habit(alice, is_public=True)
    fields = Habit.objects.filter(pk=model.pk).values().get()
    Habit.objects.bulk_create(Habit(**{**fields, "id": None}) for _ in range(104))
    return list(Habit.objects.order_by("-pk"))


# --- sizes ---------------------------------------------------------------------------------------


@pytest.mark.parametrize(("name", "document"), LISTS.items())
def test_a_page_holds_as_many_as_asked_for_and_20_by_default(
    as_alice: Caller, many: list[Habit], name: str, document: str
) -> None:
    type_name = "Habit" if name == "habits" else "PublicHabit"
    expected = [id_of(habit, type_name) for habit in many]
    assert ids(as_alice.data(document)) == expected[:20]
    assert ids(as_alice.data(document, first=None, last=None)) == expected[:20]
    assert ids(as_alice.data(document, first=1)) == expected[:1]
    assert ids(as_alice.data(document, first=100)) == expected[:100]
    assert ids(as_alice.data(document, last=1)) == expected[-1:]
    assert ids(as_alice.data(document, last=100)) == expected[-100:]


@pytest.mark.parametrize("document", LISTS.values(), ids=LISTS)
@pytest.mark.parametrize(
    "arguments",
    [
        {"first": 0},
        {"first": -1},
        {"first": 101},
        {"first": 2**31 - 1},
        {"last": 0},
        {"last": -1},
        {"last": 101},
        {"first": 5, "last": 5},
        {"first": 500, "last": 500},
    ],
)
def test_a_size_out_of_range_is_refused_and_the_cap_named(
    as_alice: Caller, document: str, arguments: dict[str, int]
) -> None:
    answer = as_alice.call(document, **arguments)
    assert answer["data"] is None
    (error,) = answer["errors"]
    assert error["extensions"] == {"code": "BAD_USER_INPUT"}
    assert "100" in error["message"]


@pytest.mark.parametrize("document", LISTS.values(), ids=LISTS)
def test_an_empty_list_has_an_empty_page(as_alice: Caller, document: str) -> None:
    assert as_alice.data(document) == {
        "totalCount": 0,
        "pageInfo": {
            "hasNextPage": False,
            "hasPreviousPage": False,
            "startCursor": None,
            "endCursor": None,
        },
        "edges": [],
    }


def test_a_page_tells_how_to_go_on(as_alice: Caller, many: list[Habit]) -> None:
    def info(**arguments: Any) -> tuple[bool, bool]:
        page = as_alice.data(HABITS, **arguments)
        cursors = [edge["cursor"] for edge in page["edges"]]
        assert page["pageInfo"]["startCursor"] == cursors[0]
        assert page["pageInfo"]["endCursor"] == cursors[-1]
        assert page["totalCount"] == len(many)
        return page["pageInfo"]["hasPreviousPage"], page["pageInfo"]["hasNextPage"]

    page = as_alice.data(HABITS, first=100)
    cursors = [edge["cursor"] for edge in page["edges"]]
    assert info(first=100) == (False, True)
    assert info(first=5, after=cursors[4]) == (True, True)
    assert info(first=5, after=cursors[99]) == (True, False)
    assert info(first=100, after=cursors[99]) == (True, False)
    assert info(last=5) == (True, False)
    assert info(last=5, before=cursors[5]) == (False, True)
    assert info(last=5, before=cursors[6]) == (True, True)
    assert info(first=2, after=cursors[0], before=cursors[4]) == (True, True)


# --- orders --------------------------------------------------------------------------------------

COLUMNS = {"time": "time", "action": "action_folded", "createdAt": "created_at"}
ONE = [{name: direction} for name in COLUMNS for direction in ("ASC", "DESC")]
ORDERS: list[Order] = [
    [],
    *([order] for order in ONE),
    *([*pair] for pair in itertools.product(ONE, repeat=2)),
    [{"time": "ASC"}, {"action": "DESC"}, {"time": "DESC"}],
    [{"action": "DESC"}, {"time": "DESC"}, {"createdAt": "ASC"}],
    [{"createdAt": "ASC"}, {"createdAt": "DESC"}, {"action": "ASC"}, {"time": "ASC"}],
]


def named(order: Order) -> str:
    pairs = [f"{name}-{direction}" for each in order for name, direction in each.items()]
    return ",".join(pairs) or "newest"


def sorted_obviously(habits: list[Habit], order: Order) -> list[Habit]:
    """One stable sort for each key, the last key first; what has no value comes last."""
    keys = [pair for each in order for pair in each.items()]
    descending_ids = keys[-1][1] == "DESC" if keys else True
    for name in COLUMNS:  # a column that is named again changes nothing
        mentions = [n for n, (column, _) in enumerate(keys) if column == name]
        keys = [pair for n, pair in enumerate(keys) if n not in mentions[1:]]
    if keys:
        descending_ids = keys[-1][1] == "DESC"
    habits = sorted(habits, key=lambda habit: habit.pk, reverse=descending_ids)
    for name, direction in reversed(keys):
        column = COLUMNS[name]
        known = [habit for habit in habits if getattr(habit, column) is not None]
        unknown = [habit for habit in habits if getattr(habit, column) is None]
        known.sort(key=lambda habit: getattr(habit, column), reverse=direction == "DESC")
        habits = known + unknown
    return habits


@pytest.fixture
def mixed(alice: User, bob: User, make_habit: MakeHabit) -> list[Habit]:
    """Habits with ties in every column, two without a time, and one of somebody else."""
    make_habit(bob)
    early, late = "2026-01-01T00:00:00Z", "2026-01-01T00:00:00.000001Z"
    for action, time, created in [
        ("b", "08:00", early),
        ("Я", None, late),
        ("a", "07:00", early),
        ("b", "07:00", late),
        ("a", "08:00", late),
        ("B", "08:00", early),
        ("a", None, early),
    ]:
        habit = make_habit(alice, action=action, time=time, is_enjoyed=True)
        Habit.objects.filter(pk=habit.pk).update(created_at=created)
    return list(alice.habits.all())


def pages(caller: Caller, size: int, order: Order, *, backward: bool) -> Iterator[list[str]]:
    """Each page's ids, as a client goes from one to the next."""
    cursor = None
    while True:
        arguments = {"last": size, "before": cursor} if backward else {}
        arguments = arguments or {"first": size, "after": cursor}
        page = caller.data(HABITS, ordering=order, **arguments)
        yield ids(page)
        info = page["pageInfo"]
        if not (info["hasPreviousPage"] if backward else info["hasNextPage"]):
            return
        cursor = info["startCursor"] if backward else info["endCursor"]


@pytest.mark.parametrize("order", ORDERS, ids=named)
def test_paging_either_way_shows_every_row_once_in_order(
    as_alice: Caller, mixed: list[Habit], order: Order
) -> None:
    expected = [id_of(habit) for habit in sorted_obviously(mixed, order)]
    assert ids(as_alice.data(HABITS, ordering=order)) == expected
    for size in (1, 3) if len(order) < 2 else (2,):
        forward = list(pages(as_alice, size, order, backward=False))
        assert list(itertools.chain(*forward)) == expected
        assert {len(page) for page in forward[:-1]} == {size}
        backward = list(pages(as_alice, size, order, backward=True))
        assert list(itertools.chain(*reversed(backward))) == expected


@pytest.mark.parametrize(
    "order", [[], [{"time": "DESC"}], [{"time": "ASC"}, {"action": "DESC"}]], ids=named
)
@pytest.mark.parametrize("side", ["first", "last"])
def test_after_and_before_together_show_what_lies_between(
    as_alice: Caller, mixed: list[Habit], order: Order, side: str
) -> None:
    edges = as_alice.data(HABITS, ordering=order)["edges"]
    found = [edge["node"]["id"] for edge in edges]
    for i, j in itertools.product(range(len(edges)), repeat=2):
        between = found[i + 1 : j]
        bounds = {"after": edges[i]["cursor"], "before": edges[j]["cursor"]}
        page = as_alice.data(HABITS, ordering=order, **bounds, **{side: 2})
        assert ids(page) == (between[:2] if side == "first" else between[-2:])


def test_a_column_named_again_changes_nothing(as_alice: Caller, mixed: list[Habit]) -> None:
    once = [{"time": "ASC"}, {"action": "ASC"}]
    again = [*once, {"time": "DESC"}]
    assert ids(as_alice.data(HABITS, ordering=again)) == ids(as_alice.data(HABITS, ordering=once))


def test_null_and_no_orders_mean_the_newest_first(as_alice: Caller, mixed: list[Habit]) -> None:
    newest = [id_of(habit) for habit in sorted(mixed, key=lambda habit: -habit.pk)]
    assert ids(as_alice.data(HABITS, ordering=None)) == newest
    assert ids(as_alice.data(HABITS, ordering=[])) == newest
    assert ids(as_alice.data(HABITS, filters=None, after=None, before=None)) == newest


@pytest.mark.parametrize(
    "order",
    [
        [None],
        [{}],
        [{"time": None}],
        [{"time": "ASC", "action": "ASC"}],
        [{"time": "UP"}],
        [{"owner": "ASC"}],
        "time",
    ],
    ids=repr,
)
def test_an_order_that_names_no_single_column_is_refused(as_alice: Caller, order: Any) -> None:
    answer = as_alice.call(HABITS, ordering=order)
    assert "data" not in answer
    assert {error["extensions"]["code"] for error in answer["errors"]} == {"BAD_USER_INPUT"}


# --- while rows come and go ----------------------------------------------------------------------


def test_rows_that_come_and_go_between_pages_shift_nothing(
    as_alice: Caller, alice: User, make_habit: MakeHabit
) -> None:
    letters = {letter: make_habit(alice, action=letter) for letter in "bdfhjln"}
    order = [{"action": "ASC"}]

    def actions(page: Any) -> str:
        return "".join(node["action"] for node in nodes(page))

    page = as_alice.data(HABITS, first=3, ordering=order)
    assert actions(page) == "bdf"
    letters["b"].delete()  # before the page
    letters["f"].delete()  # the very row the cursor stands on
    letters["j"].delete()  # after it
    for letter in "aek":
        make_habit(alice, action=letter)
    following = as_alice.data(HABITS, first=9, after=page["pageInfo"]["endCursor"], ordering=order)
    assert actions(following) == "hkln"
    back = as_alice.data(
        HABITS, last=9, before=following["pageInfo"]["startCursor"], ordering=order
    )
    assert actions(back) == "ade"


def test_a_row_that_moves_behind_the_cursor_comes_again_and_no_other(
    as_alice: Caller, alice: User, make_habit: MakeHabit
) -> None:
    habits = [make_habit(alice, action=letter) for letter in "abcd"]
    order = [{"action": "ASC"}]
    page = as_alice.data(HABITS, first=2, ordering=order)
    Habit.objects.filter(pk=habits[0].pk).update(action="z", action_folded="z")
    rest = as_alice.data(HABITS, first=9, after=page["pageInfo"]["endCursor"], ordering=order)
    assert [node["action"] for node in nodes(rest)] == ["c", "d", "z"]


# --- cursors that are none -----------------------------------------------------------------------

BY_TIME: Order = [{"time": "ASC"}]
BY_ACTION: Order = [{"action": "ASC"}]
BY_CREATION: Order = [{"createdAt": "ASC"}]
NOON = "2026-01-01T12:00:00+00:00"

UNREADABLE: list[tuple[str, Order]] = [
    ("", []),
    ("x", []),
    ("!!!!", []),
    ("курсор", []),
    ("\0", []),
    ("MTIz", []),  # 123
    (base64.b64encode(bytes(range(128, 168))).decode(), []),
    (base64.b64encode(b"[" * 20_000).decode(), []),
    (base64.b64encode(b"9" * 5_000).decode(), []),
    (base64.b64encode(b'["habits",["-id","1"]').decode(), []),
    (base64.b64encode(b'["habits",["-id","\\ud800"]]').decode(), []),
    (base64.b64encode(b'["habits",["-id",Infinity]]').decode(), []),
    (base64.b64encode(b"null").decode(), []),
    (base64.b64encode(b"{}").decode(), []),
    (base64.b64encode(b'{"habits": 1, "id": 2}').decode(), []),
    (base64.b64encode(b'"habits"').decode(), []),
    (cursor_of(), []),
    (cursor_of("habits"), []),
    (cursor_of("habits", None), []),
    (cursor_of("habits", 5), []),
    (cursor_of("habits", []), []),
    (cursor_of("habits", ["-id"]), []),
    (cursor_of("habits", ["-id", "1", "2"]), []),
    (cursor_of("habits", ["-id", "1"], ["-id", "1"]), []),
    (cursor_of("habits", {"-id": "1"}), []),
    (cursor_of("habits", ["id", "1"]), []),
    (cursor_of("habits", ["-pk", "1"]), []),
    (cursor_of("habits", [["-id"], "1"]), []),
    (cursor_of("habits", [None, "1"]), []),
    (cursor_of("habits", ["-id", 1]), []),
    (cursor_of("habits", ["-id", None]), []),
    (cursor_of("habits", ["-id", True]), []),
    (cursor_of("habits", ["-id", ["1"]]), []),
    (cursor_of("habits", ["-id", {}]), []),
    (cursor_of("habits", ["-id", ""]), []),
    (cursor_of("habits", ["-id", "one"]), []),
    (cursor_of("habits", ["-id", "1.5"]), []),
    (cursor_of("habits", ["-id", "1e5"]), []),
    (cursor_of("habits", ["-id", "NaN"]), []),
    (cursor_of("habits", ["-id", "1\0"]), []),
    (cursor_of("habits", ["-id", "\ud800"]), []),
    (cursor_of("habits", ["-id", "9" * 5_000]), []),
    (cursor_of(["habits"], ["-id", "1"]), []),
    (cursor_of(None, ["-id", "1"]), []),
    (cursor_of("publicHabits", ["-id", "1"]), []),
    (cursor_of("habits", ["-id", "1"]), BY_TIME),
    (cursor_of("habits", ["-time", "07:30:00"], ["-id", "1"]), BY_TIME),
    (cursor_of("habits", ["action_folded", "walk"], ["id", "1"]), BY_TIME),
    (cursor_of("habits", ["time", "07:30:00"]), BY_TIME),
    (cursor_of("habits", ["id", "1"], ["time", "07:30:00"]), BY_TIME),
    (cursor_of("habits", ["time", "25:00"], ["id", "1"]), BY_TIME),
    (cursor_of("habits", ["time", "soon"], ["id", "1"]), BY_TIME),
    (cursor_of("habits", ["time", ""], ["id", "1"]), BY_TIME),
    (cursor_of("habits", ["time", 7], ["id", "1"]), BY_TIME),
    (cursor_of("habits", ["time", "07:30:00"], ["id", None]), BY_TIME),
    (cursor_of("habits", ["action_folded", None], ["id", "1"]), BY_ACTION),
    (cursor_of("habits", ["action_folded", 5], ["id", "1"]), BY_ACTION),
    (cursor_of("habits", ["action_folded", "a\0b"], ["id", "1"]), BY_ACTION),
    (cursor_of("habits", ["action_folded", "a\udfffb"], ["id", "1"]), BY_ACTION),
    (cursor_of("habits", ["created_at", None], ["id", "1"]), BY_CREATION),
    (cursor_of("habits", ["created_at", "2026"], ["id", "1"]), BY_CREATION),
    (cursor_of("habits", ["created_at", "2026-01-01"], ["id", "1"]), BY_CREATION),
    (cursor_of("habits", ["created_at", "2026-02-30T00:00:00Z"], ["id", "1"]), BY_CREATION),
    (cursor_of("habits", ["created_at", "2026-01-01T12:00:00"], ["id", "1"]), BY_CREATION),
    (cursor_of("habits", ["created_at", "0001-01-01T00:00:00+14:00"], ["id", "1"]), BY_CREATION),
    (cursor_of("habits", ["created_at", "9999-12-31T23:59:59-14:00"], ["id", "1"]), BY_CREATION),
    (cursor_of("habits", ["created_at", NOON], ["-id", "1"]), BY_CREATION),
]


@pytest.mark.parametrize("side", ["after", "before"])
@pytest.mark.parametrize(("cursor", "order"), UNREADABLE)
def test_an_unreadable_cursor_is_refused(
    as_alice: Caller, side: str, cursor: str, order: Order
) -> None:
    answer = as_alice.call(HABITS, ordering=order, **{side: cursor})
    assert answer["data"] is None
    (error,) = answer["errors"]
    assert error["extensions"] == {"code": "BAD_USER_INPUT"}
    assert f"`{side}`" in error["message"]
    if not order:
        assert as_alice.error_code(PUBLIC_HABITS, **{side: cursor_of("habits", ["-id", "1"])}) == (
            "BAD_USER_INPUT"
        )


@pytest.mark.parametrize(
    ("cursor", "order"),
    [
        (cursor_of("habits", ["-id", "1"]), []),
        (cursor_of("habits", ["-id", "-1"]), []),
        (cursor_of("habits", ["-id", "9" * 30]), []),
        (cursor_of("habits", ["-id", "-" + "9" * 30]), []),
        (cursor_of("habits", ["time", None], ["id", "9" * 30]), BY_TIME),
        (cursor_of("habits", ["time", "00:00:00"], ["id", "-" + "9" * 30]), BY_TIME),
        (cursor_of("habits", ["action_folded", "🏃" * 900], ["id", "1"]), BY_ACTION),
        (cursor_of("habits", ["action_folded", ""], ["id", "1"]), BY_ACTION),
        (cursor_of("habits", ["created_at", NOON], ["id", "1"]), BY_CREATION),
        (
            cursor_of("habits", ["created_at", "0001-01-01T00:00:00+00:00"], ["id", "1"]),
            BY_CREATION,
        ),
    ],
)
def test_a_readable_cursor_points_somewhere_even_where_no_row_can_be(
    as_alice: Caller, mixed: list[Habit], cursor: str, order: Order
) -> None:
    """Whatever the place, what follows it and what precedes it make the whole list."""
    following = ids(as_alice.data(HABITS, ordering=order, after=cursor))
    preceding = ids(as_alice.data(HABITS, ordering=order, before=cursor))
    assert preceding + following == ids(as_alice.data(HABITS, ordering=order))


def test_a_cursor_of_another_list_or_order_is_refused(
    as_alice: Caller, alice: User, make_habit: MakeHabit
) -> None:
    make_habit(alice, is_public=True)
    own = as_alice.data(HABITS)["pageInfo"]["endCursor"]
    public = as_alice.data(PUBLIC_HABITS)["pageInfo"]["endCursor"]
    timed = as_alice.data(HABITS, ordering=BY_TIME)["pageInfo"]["endCursor"]
    assert as_alice.error_code(HABITS, after=public) == "BAD_USER_INPUT"
    assert as_alice.error_code(PUBLIC_HABITS, after=own) == "BAD_USER_INPUT"
    assert as_alice.error_code(HABITS, after=timed) == "BAD_USER_INPUT"
    assert as_alice.error_code(HABITS, after=own, ordering=BY_TIME) == "BAD_USER_INPUT"
    assert as_alice.error_code(HABITS, after=timed, ordering=[{"time": "DESC"}]) == (
        "BAD_USER_INPUT"
    )
    assert ids(as_alice.data(HABITS, after=own)) == []


def test_a_cursor_opens_nobody_elses_list(
    as_alice: Caller, as_bob: Caller, alice: User, make_habit: MakeHabit
) -> None:
    make_habit(alice)
    make_habit(alice)
    cursor = as_alice.data(HABITS, first=1)["pageInfo"]["endCursor"]
    assert as_bob.data(HABITS, after=cursor)["totalCount"] == 0
    assert ids(as_bob.data(HABITS, after=cursor)) == []
    assert len(all_rows()) == 2


def test_an_instant_in_a_cursor_keeps_its_microseconds(
    as_alice: Caller, alice: User, make_habit: MakeHabit
) -> None:
    moment = datetime.datetime(2026, 1, 1, tzinfo=datetime.UTC)
    for n in range(3):
        habit = make_habit(alice, action=str(n))
        created = moment + datetime.timedelta(microseconds=n)
        Habit.objects.filter(pk=habit.pk).update(created_at=created)
    seen = list(pages(as_alice, 1, BY_CREATION, backward=False))
    assert len(seen) == 3
