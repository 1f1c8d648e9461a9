"""Three people, a visitor and a revoked token do anything: all see and change their own only.

What each call has to answer is computed from the rows that are there (`lists`, `leaks`), and after
each step the rows of all the others are what they were.
"""

from collections import Counter
from typing import Any, ClassVar

import pytest
from hypothesis import strategies as st
from hypothesis.stateful import initialize, invariant
from pytest_django import Settings

from accounts.models import PasswordReset, User
from tests.isolation.calling import Answer, send
from tests.isolation.codes import code_sent, link
from tests.isolation.contract import CLOSED, QUERIES, Call
from tests.isolation.drawing import Drawer
from tests.isolation.effort import run
from tests.isolation.harm import harmful
from tests.isolation.hashers import PATH
from tests.isolation.ids import NEVER_USED, Id, exchanged
from tests.isolation.leaks import (
    assert_adopts_public_habits_only,
    assert_is_shown_rightly,
    assert_tells_nothing_of_others,
)
from tests.isolation.lists import Refused, expected_page
from tests.isolation.numbers import TRACKED, assert_today, without_tracked
from tests.isolation.people import NAMES, Person, join, new_refresh_token, serial
from tests.isolation.world import Life, Rows, all_rows, step

DATA = st.data()
BOOLEANS = st.booleans()
PEOPLE = st.sampled_from(NAMES)
HOW_MANY = st.sampled_from([1, 1, 1, 2, 3, 10])
"""Root fields in one operation, of which there may be 10."""

TRACKING = ("checkIn", "undoCheckIn", "pauseHabit", "resumeHabit")
CHANGES_OF_HABITS = ("createHabit", "adoptHabit", "updateHabit", "deleteHabit", *TRACKING)
CHANGES = (*CHANGES_OF_HABITS, "updateProfile", "linkTelegram")
"""What changes things and leaves the person's tokens as they are."""

OWNERS = {
    "User": "id",
    **dict.fromkeys(("RefreshToken", "PasswordReset", "Reminder", "TelegramLink"), "user_id"),
    "Habit": "owner_id",
}
CURSORS_KEPT = 12
WRONG_CODE = {("code", "reset_code_invalid")}
TODAYS = 4
"""So many `today` may one operation hold, as each of them looks at all habits."""

NO_SUCH_REWARD = ("relatedHabit", "related_habit_not_found")


def of_others(rows: Rows, person: Person) -> Rows:
    def owner(table: str, row: dict[str, Any]) -> Any:
        row = rows["Habit"][row["habit_id"]] if table in TRACKED else row
        return row.get(OWNERS.get("Habit" if table in TRACKED else table, ""))

    return {
        table: {key: row for key, row in all_of.items() if owner(table, row) != person.pk}
        for table, all_of in rows.items()
    }


def without_originals(before: Rows, after: Rows) -> Rows:
    """What stood before, but that copies forget an original that is gone."""
    habits = {
        key: row | {"adopted_from_id": row["adopted_from_id"] if is_there else None}
        for key, row in before["Habit"].items()
        for is_there in (row["adopted_from_id"] in after["Habit"],)
    }
    return {**before, "Habit": habits}


def public_of(rows: Rows) -> set[int]:
    return {pk for pk, row in rows["Habit"].items() if row["is_public"]}


def both(before: Rows, after: Rows) -> Rows:
    """All that an operation could see, deleted rows included."""
    return {table: {**before[table], **after[table]} for table in before}


class Mixture(Life):
    tally: ClassVar[Counter[str]] = Counter()

    def __init__(self) -> None:
        super().__init__()
        self.people: dict[str, Person] = {}
        self.cursors: list[str] = []
        self.gone: set[int] = set()
        self.revoked: list[str] = []

    @initialize()
    def three_people_join(self) -> None:
        serial.restart()
        self.people = {name: join(name, self.number) for name in NAMES}
        for person in self.people.values():
            self.revoked.append(person.token)
            person.user.revoke_all_tokens()
            person.user.save()
            person.log_in_again()

    # --- What the rules below say and see -------------------------------------------------------

    def drawer(self, data: st.DataObject, person: Person, rows: Rows) -> Drawer:
        return Drawer(data, person, rows, self.cursors, self.gone)

    def call(
        self, reader: Person | None, *calls: Call, token: str | None = None, rows: Rows
    ) -> tuple[Answer, Rows]:
        """The answer, which tells `reader` nothing of others, and the rows thereafter."""
        answer = send(*calls, token=token)
        after = all_rows()
        seen = both(rows, after)
        assert_tells_nothing_of_others(answer, reader, seen, list(self.people.values()))
        if reader is None:
            assert after == rows
        else:
            assert of_others(after, reader) == of_others(without_originals(rows, after), reader)
            assert_adopts_public_habits_only(rows, after, reader)
            self.gone |= rows["Habit"].keys() - after["Habit"].keys()
        return answer, after

    def own(self, person: Person, rows: Rows) -> set[int]:
        return {pk for pk, row in rows["Habit"].items() if row["owner_id"] == person.pk}

    def assert_foreign_is_as_missing(
        self, answer: Answer, person: Person, calls: list[Call], rows: Rows
    ) -> None:
        """The same operation about rows that never were is answered alike, byte for byte."""
        own = self.own(person, rows)
        public = public_of(rows)

        def missing(id_: Id) -> Id:
            is_seen = id_.pk in (public if id_.name == "PublicHabit" else own)
            return id_ if is_seen else id_.never_used

        twins = [Call(call.name, exchanged(call.arguments, missing)) for call in calls]
        if [twin.arguments for twin in twins] == [call.arguments for call in calls]:
            return
        twin, after = self.call(person, *twins, token=person.token, rows=rows)
        assert after == rows
        # No id is told back, so that not even that one differs.
        assert (answer.status, answer.head, answer.content) == (
            twin.status,
            twin.head,
            twin.content,
        )

    # --- Reading ----------------------------------------------------------------------------------

    @step(6, data=DATA, name=PEOPLE, how_many=HOW_MANY)
    def read(self, data: st.DataObject, name: str, how_many: int) -> None:
        person, rows = self.people[name], all_rows()
        drawer = self.drawer(data, person, rows)
        calls = [drawer.call(drawer.of(QUERIES)) for _ in range(how_many)]
        answer, after = self.call(person, *calls, token=person.token, rows=rows)
        assert after == rows
        self.assert_foreign_is_as_missing(answer, person, calls, rows)
        if sum(call.name == "today" for call in calls) > TODAYS:
            assert answer.codes == {"QUERY_TOO_COMPLEX"}
            return
        if any(self.is_refused(call, person, rows) for call in calls):
            # Too large a page may cost too much before anybody looks at its size.
            assert answer.codes in ({"BAD_USER_INPUT"}, {"QUERY_TOO_COMPLEX"})
            assert answer.body.get("data") is None
            return
        for number, call in enumerate(calls):
            self.assert_reads(call, answer.value(number), person, rows)

    def is_refused(self, call: Call, person: Person, rows: Rows) -> bool:
        if call.name not in ("habits", "publicHabits"):
            return False
        try:
            expected_page(call, person, rows)
        except Refused:
            return True
        return False

    def assert_reads(self, call: Call, value: Any, person: Person, rows: Rows) -> None:
        assert_is_shown_rightly(value, person, rows)
        if call.name == "me":
            assert value is not None
        elif call.name == "today":
            assert_today(value, person.pk, rows)
        elif call.name in ("habit", "publicHabit"):
            public = public_of(rows)
            seen = self.own(person, rows) if call.name == "habit" else public
            assert (value is not None) == call.arguments["id"].names(seen)
            assert value is None or value["id"] == call.arguments["id"].text
        else:
            self.assert_is_page(call, value, person, rows)

    def assert_is_page(self, call: Call, value: Any, person: Person, rows: Rows) -> None:
        expected = expected_page(call, person, rows)
        kind = "Habit" if call.name == "habits" else "PublicHabit"
        ids = [Id(kind, pk).text for pk in expected.pks]
        assert [edge["node"]["id"] for edge in value["edges"]] == ids
        assert value["totalCount"] == expected.total
        info = value["pageInfo"]
        assert info["hasNextPage"] == expected.has_next
        if "hasPreviousPage" in info:
            assert info["hasPreviousPage"] == expected.has_previous
            cursors = [edge["cursor"] for edge in value["edges"]]
            ends = [cursors[0], cursors[-1]] if cursors else [None, None]
            assert [info["startCursor"], info["endCursor"]] == ends
            self.cursors = [*self.cursors, *cursors[:1], *cursors[-1:]][-CURSORS_KEPT:]

    # --- Changing ---------------------------------------------------------------------------------

    @step(4, data=DATA, name=PEOPLE, change=st.sampled_from(CHANGES))
    def change(self, data: st.DataObject, name: str, change: str) -> None:
        person, rows = self.people[name], all_rows()
        call = self.drawer(data, person, rows).call(change)
        answer, after = self.call(person, call, token=person.token, rows=rows)
        if self.assert_refuses(call, answer, 0, person, rows):
            assert after == rows
            self.assert_foreign_is_as_missing(answer, person, [call], rows)
        elif answer.value()["__typename"] == "OperationInfo":
            assert after == rows
        else:
            now = without_tracked(rows) if change == "deleteHabit" else after
            assert_is_shown_rightly(answer.value(), person, now)

    def assert_refuses(
        self, call: Call, answer: Answer, number: int, person: Person, rows: Rows
    ) -> bool:
        """Says whether the call names what is not the person's, which has to be not found."""
        given = call.arguments.get("input", call.arguments)
        own, reward = self.own(person, rows), given.get("relatedHabit")
        for field, known in (("id", own), ("habitId", own), ("publicHabitId", public_of(rows))):
            if field in given and not given[field].names(known):
                assert answer.problems(number) == {(field, "not_found")}
                return True
        if "publicHabitId" in given and given["publicHabitId"].pk in own:
            assert answer.problems(number) == {("publicHabitId", "habit_is_own")}
            return False
        if reward is not None and not reward.names(own):
            assert NO_SUCH_REWARD in answer.problems(number)
            return True
        assert NO_SUCH_REWARD not in answer.problems(number)
        return False

    @step(2, data=DATA, name=PEOPLE)
    def adopt(self, data: st.DataObject, name: str) -> None:
        """Just so: one's own, and another's with a public reward and with a private one."""
        person, rows = self.people[name], all_rows()
        kinds: dict[str, list[int]] = {"own": [], "public": [], "private": []}
        for pk, row in rows["Habit"].items():
            if row["is_public"] and row["related_habit_id"]:
                is_told = rows["Habit"][row["related_habit_id"]]["is_public"]
                is_own = row["owner_id"] == person.pk
                kinds["own" if is_own else "public" if is_told else "private"].append(pk)
        for kind, pks in kinds.items():
            if pks:
                self.adopt_one(person, kind, data.draw(st.sampled_from(pks), kind))

    def adopt_one(self, person: Person, kind: str, pk: int) -> None:
        """What follows is copied where it is public, and else untold."""
        rows = all_rows()
        call = Call("adoptHabit", {"input": {"publicHabitId": Id("PublicHabit", pk)}})
        answer, after = self.call(person, call, token=person.token, rows=rows)
        problems = {
            "own": {("publicHabitId", "habit_is_own")},
            "public": set(),
            "private": {("reward", "reward_or_related_habit_required")},
        }
        assert answer.problems() == problems[kind]
        if kind != "public":
            return
        assert_is_shown_rightly(answer.value(), person, after)
        (copy,) = (
            row
            for key, row in after["Habit"].items()
            if key not in rows["Habit"] and row["adopted_from_id"] == pk
        )
        follows = after["Habit"][copy["related_habit_id"]]
        assert follows["adopted_from_id"] == rows["Habit"][pk]["related_habit_id"]

    @step(1, data=DATA, name=PEOPLE, how_many=st.integers(3, 9))
    def change_several_things(self, data: st.DataObject, name: str, how_many: int) -> None:
        person, rows = self.people[name], all_rows()
        drawer = self.drawer(data, person, rows)
        # One operation changes a profile once at most.
        names = [drawer.of(CHANGES), *(drawer.of(CHANGES_OF_HABITS) for _ in range(how_many - 1))]
        calls = [drawer.call(each) for each in names]
        tokens = [*self.revoked, *(each.token for each in self.people.values())]
        token = drawer.of(tokens)
        calls.append(Call("verifyToken", {"token": token}))
        answer, after = self.call(person, *calls, token=person.token, rows=rows)
        assert answer.value(how_many)["__typename"] == (
            "OperationInfo" if token in self.revoked else "Success"
        )
        for number, call in enumerate(calls[:-1]):
            value = answer.value(number)
            if call.name != "updateProfile" and not (
                # What was one's own may have been deleted just before.
                self.assert_refuses(call, answer, number, person, rows)
            ):
                seen = both(rows, after)
                assert_is_shown_rightly(value, person, seen, as_it_stands=False)

    # --- Accounts ---------------------------------------------------------------------------------

    @step(data=DATA, name=PEOPLE, other_name=PEOPLE)
    def use_a_refresh_token(self, data: st.DataObject, name: str, other_name: str) -> None:
        """Whoever holds it is its owner, whoever's access token comes along."""
        person, rows = self.people[name], all_rows()
        stale = data.draw(st.sampled_from([None, self.people[other_name].token, *self.revoked]))
        given = {"refreshToken": person.refresh_token}
        if data.draw(BOOLEANS):
            answer, after = self.call(person, Call("revokeToken", given), token=stale, rows=rows)
            assert answer.value()["ok"]
            assert len(after["RefreshToken"]) == len(rows["RefreshToken"]) - 1
            person.refresh_token = new_refresh_token(person.user)
            return
        answer, after = self.call(person, Call("refreshToken", given), token=stale, rows=rows)
        pair = answer.value()
        assert_is_shown_rightly(pair, person, after)
        person.token, person.refresh_token = pair["token"], pair["refreshToken"]

    @step(name=PEOPLE, other_name=PEOPLE)
    def log_in(self, name: str, other_name: str) -> None:
        """With one's own password: it opens one's own account, and no other's."""
        person, other, rows = self.people[name], self.people[other_name], all_rows()
        given = {"email": other.email, "password": person.password}
        answer, after = self.call(person, Call("tokenAuth", given), rows=rows)
        if other is person:
            pair = answer.value()
            assert_is_shown_rightly(pair, person, after)
            assert pair["user"]["email"] == person.email
            return
        assert after == rows
        assert answer.problems() == {(None, "invalid_credentials")}
        missing = {**given, "email": f"nobody.{self.number}@example.org"}
        twin, after = self.call(person, Call("tokenAuth", missing), rows=rows)
        assert (twin.status, twin.head, twin.content) == (
            answer.status,
            answer.head,
            answer.content,
        )
        assert after == rows

    @step(name=PEOPLE)
    def register_with_a_taken_address(self, name: str) -> None:
        person, rows = self.people[name], all_rows()
        given = {
            "email": person.email,
            "password": "long enough for me",
            "chatId": 1,
            "timeZone": "UTC",
            "language": "en",
            "firstName": "Mallory",
        }
        answer, _ = self.call(None, Call("register", {"input": given}), rows=rows)
        assert answer.problems() == {("email", "email_taken")}

    @step(name=PEOPLE, other_name=PEOPLE, is_last=BOOLEANS)
    def name_a_password(self, name: str, other_name: str, *, is_last: bool) -> None:
        """To leave, or to have a new one: one's own, or another's, which is a wrong one."""
        person, other, rows = self.people[name], self.people[other_name], all_rows()
        given = other.password
        new = f"{person.password}, and more"
        call = (
            Call("deleteAccount", {"password": given})
            if is_last
            else Call("changePassword", {"input": {"oldPassword": given, "newPassword": new}})
        )
        answer, after = self.call(person, call, token=person.token, rows=rows)
        if other is not person:
            field = "password" if is_last else "oldPassword"
            assert answer.problems() == {(field, "wrong_password")}
            assert after == rows
            return
        self.revoked.append(person.token)
        if is_last:
            assert answer.value()["ok"]
            assert after == without_originals(of_others(rows, person), after)
            self.people[name] = join(name, self.number)
            return
        pair = answer.value()
        assert_is_shown_rightly(pair, person, after)
        person.user, person.password = User.objects.get(pk=person.pk), new
        person.token, person.refresh_token = pair["token"], pair["refreshToken"]

    @step(name=PEOPLE, other_name=PEOPLE)
    def forget_a_password(self, name: str, other_name: str) -> None:
        """Whoever holds the code of one's own chat opens one's own account, and no other's."""
        person, other, rows = self.people[name], self.people[other_name], all_rows()
        nobody = f"nobody.{self.number}@example.org"
        asked = [
            send(Call("requestPasswordReset", {"email": each})) for each in (other.email, nobody)
        ]
        assert len({(each.status, each.head, each.content) for each in asked}) == 1
        assert asked[0].value()["ok"]
        after = all_rows()
        assert {**after, "PasswordReset": {}} == {**rows, "PasswordReset": {}}
        codes, new = {}, f"{person.password}, or so"
        for each in {other, person}:
            user = User.objects.get(pk=each.pk)
            link(user)
            codes[each] = code_sent(user, self.clock)
        given = {"email": other.email, "code": codes[person], "password": new}
        rows = all_rows()
        if other is not person:
            answer = send(Call("resetPassword", given))
            assert answer.problems() == WRONG_CODE
            after = all_rows()
            (tried,) = PasswordReset.objects.filter(user=other.pk)
            assert tried.tries == 1
            rows["PasswordReset"][tried.pk]["tries"] = 1
            assert after == rows
            twin = send(Call("resetPassword", {**given, "email": nobody}))
            assert (twin.status, twin.head, twin.content) == (
                answer.status,
                answer.head,
                answer.content,
            )
            return
        answer, after = self.call(person, Call("resetPassword", given), rows=rows)
        pair = answer.value()
        assert_is_shown_rightly(pair, person, after)
        assert pair["user"]["email"] == person.email
        self.revoked.append(person.token)
        person.user, person.password = User.objects.get(pk=person.pk), new
        person.token, person.refresh_token = pair["token"], pair["refreshToken"]

    @step(name=PEOPLE)
    def log_out_everywhere(self, name: str) -> None:
        person, rows = self.people[name], all_rows()
        answer, _ = self.call(person, Call("revokeAllTokens"), token=person.token, rows=rows)
        assert answer.value()["ok"]
        self.revoked.append(person.token)
        person.log_in_again()

    # --- Nobody -----------------------------------------------------------------------------------

    @step(data=DATA, name=PEOPLE)
    def try_every_door(self, data: st.DataObject, name: str) -> None:
        """A visitor, a revoked token and what is no access token, about somebody's habit.

        What all of them did together is looked at in the end.
        """
        victim, rows = self.people[name], all_rows()
        token = data.draw(
            st.sampled_from([None, None, "garbage", victim.refresh_token, *self.revoked]), "token"
        )
        habits = sorted(rows["Habit"], key=lambda pk: not rows["Habit"][pk]["is_public"])
        for door in CLOSED:
            pk = data.draw(st.sampled_from(habits))
            answers = []
            for about in (pk, NEVER_USED):
                answer = send(harmful(door, victim.password, about), token=token)
                assert_tells_nothing_of_others(answer, None, rows, list(self.people.values()))
                assert answer.codes == {"UNAUTHENTICATED"}, (door, answer.body)
                assert not answer.body["data"] or not any(answer.body["data"].values())
                answers.append((answer.status, answer.head, answer.content))
            assert answers[0] == answers[1]
        several = [harmful(each, victim.password, habits[0]) for each in [*QUERIES, *QUERIES][:10]]
        answer, _ = self.call(None, *several, token=token, rows=rows)
        assert answer.codes == {"UNAUTHENTICATED"}

    # --- What holds after each step ---------------------------------------------------------------

    @invariant()
    def rewards_are_ones_own(self) -> None:
        habits = all_rows()["Habit"]
        for row in habits.values():
            related = habits.get(row["related_habit_id"])
            assert related is None or related["owner_id"] == row["owner_id"]


@pytest.mark.django_db(transaction=True)
def test_in_any_mixture_everybody_sees_and_changes_their_own_only(settings: Settings) -> None:
    settings.PASSWORD_HASHERS = [PATH]

    run(Mixture, Mixture.tally, lives=24, steps=12)
