"""Two people with several devices live any life: dead tokens count for nothing, live ones work."""

import itertools
from collections import Counter
from typing import Any, ClassVar

import pytest
from django.test import Client
from hypothesis import strategies as st
from hypothesis.stateful import initialize, invariant
from pytest_django import Settings

from accounts.models import User
from accounts.password_resets import LIFE, MOST_TRIES
from tests.accounts.helpers import form_of, page_of
from tests.isolation.calling import Answer, send
from tests.isolation.codes import code_sent, link
from tests.isolation.contract import CLOSED, Call
from tests.isolation.effort import run
from tests.isolation.forgeries import FORGERIES, claims_of, signed
from tests.isolation.harm import harmful
from tests.isolation.hashers import PATH, QuickHasher
from tests.isolation.token_model import ACCESS, SECOND, SESSION, Access, Account, Device
from tests.isolation.world import Life, all_rows, step

PEOPLE = ("alice", "bob")
DAY = 86_400
PAUSES = st.sampled_from(
    [*[0] * 30, 1, 9, 9, 10, 10, 11, 11, 60, 299, 300, 301, DAY, 29 * DAY, 30 * DAY]
)
"""Seconds: mostly none, and around the ends of a moment's grace, an access token and a session."""

PRESENTED = st.lists(
    st.tuples(st.sampled_from([0, 0, 0, 1, 1, 2]), st.sampled_from([0, 0, 0, 10, 11])),
    min_size=2,
    max_size=6,
)
"""Refresh tokens, by how many newer ones there are, and the seconds before each."""

ROOT_FIELDS = 10
"""The most that one operation may have."""

WRONG_PASSWORDS = 2
"""So few that no throttle hears of it."""

TOKEN_INVALID = {("token", "token_invalid")}
REFRESH_INVALID = {("refreshToken", "refresh_token_invalid")}
WRONG_CODE = {("code", "reset_code_invalid")}
NOTHING = "nothing"
MEANWHILE = (NOTHING, NOTHING, "disabled", "logged out", "expired", "guessed")
"""What happens after a code was sent."""

WRONG_LOGIN = {(None, "invalid_credentials")}


def worst(name: str, account: Account) -> Call:
    return harmful(name, account.password or "", pk=1)


class TokenLife(Life):
    tally: ClassVar[Counter[str]] = Counter()
    pauses = PAUSES
    passwords = itertools.count(1)

    def __init__(self, root: User) -> None:
        super().__init__()
        self.root, self.browser = root, Client()
        self.accounts: dict[str, Account] = {}
        self.accesses: list[Access] = []
        self.devices: list[Device] = []

    # --- What the rules below say and see -------------------------------------------------------

    def some(self, data: st.DataObject, things: list[Any], label: str) -> Any:
        number = data.draw(st.integers(0, len(things) - 1), label)
        return things[-1 - number]

    def account(self, data: st.DataObject) -> Account:
        account: Account = self.some(data, list(self.accounts.values()), "account")
        return account

    def good_access(self, data: st.DataObject) -> Access:
        """One that there is, or else a new one of somebody who comes back."""
        if not any(each.is_good(self.now) for each in self.accesses):
            self.come_back(self.account(data))
        good = [each for each in self.accesses if each.is_good(self.now)]
        access: Access = self.some(data, good, "good access token")
        return access

    def device(self, data: st.DataObject) -> Device:
        """Mostly one that is logged in."""
        live = [each for each in self.devices if each.is_live(self.now)]
        is_any = not live or data.draw(st.integers(1, 4), "any device") == 4
        device: Device = self.some(data, self.devices if is_any else live, "device")
        return device

    def come_back(self, account: Account) -> None:
        if account.is_deleted:
            self.register_as(account.name)
            return
        if not account.is_active:
            self.enable(account, by_admin=False)
        if account.password is None:
            self.set_password(account, self.new_password())
        given = {"email": account.email, "password": account.password}
        self.take(send(Call("tokenAuth", given)), account)

    def stale_header(self, data: st.DataObject) -> str | None:
        """A client's link attaches whatever it has to every call, these too."""
        token: str | None = data.draw(
            st.sampled_from([None, "garbage", *(each.token for each in self.accesses[-3:])]),
            "header",
        )
        return token

    def new_password(self) -> str:
        return f"a passphrase, number {next(self.passwords)}"

    def user(self, account: Account) -> User:
        return User.objects.get(email=account.email)

    def take(self, answer: Answer, account: Account, device: Device | None = None) -> str:
        """Keeps the pair of an answer in the model; answers its refresh token."""
        pair, now = answer.value(), self.now
        assert pair["__typename"] == "TokenPair", pair
        assert pair["user"]["email"] == account.email
        account.id = account.id or pair["user"]["id"]
        assert pair["user"]["id"] == account.id
        assert pair["expiresAt"] == (now + ACCESS).isoformat()
        self.accesses.append(Access(pair["token"], account, account.era, now + ACCESS))
        secret: str = pair["refreshToken"]
        if device is None:
            device = Device(account, account.era, now + SESSION, [secret], now)
            self.devices.append(device)
        assert pair["refreshExpiresAt"] == device.ends.isoformat()
        return secret

    def refused_all_over(self, token: str, account: Account, scheme: str = "Bearer") -> None:
        before = all_rows()
        for name in CLOSED:
            answer = send(worst(name, account), token=token, scheme=scheme)
            assert answer.codes == {"UNAUTHENTICATED"}, (name, answer.body)
            assert not answer.body["data"] or not any(answer.body["data"].values())
        assert all_rows() == before

    def verified(self, tokens: list[str]) -> list[bool]:
        """Which of them `verifyToken` calls good, asked about several at once."""
        found = []
        for start in range(0, len(tokens), ROOT_FIELDS):
            several = tokens[start : start + ROOT_FIELDS]
            answer = send(*(Call("verifyToken", {"token": token}) for token in several))
            for number in range(len(several)):
                problems = answer.problems(number)
                assert problems in (set(), TOKEN_INVALID)
                found.append(not problems)
        return found

    def works(self, access: Access, scheme: str = "Bearer") -> None:
        me = send(Call("me"), token=access.token, scheme=scheme).value()
        assert (me["id"], me["email"]) == (access.account.id, access.account.email)
        made = Call("createHabit", {"input": {"action": "tea", "place": "here", "isEnjoyed": True}})
        assert send(made, token=access.token).value()["__typename"] == "Habit"
        listed = send(Call("habits"), token=access.token).value()
        number = self.user(access.account).habits.count()
        assert listed["totalCount"] == number

    def refresh(self, device: Device, secret: str, token: str | None = None) -> None:
        now = self.now
        is_newest = secret == device.secrets[-1]
        must_work = device.present(secret, now)
        answer = send(Call("refreshToken", {"refreshToken": secret}), token=token)
        if not must_work:
            assert answer.problems() == REFRESH_INVALID
            return
        successor = self.take(answer, device.account, device)
        if is_newest:
            assert successor not in device.secrets
            device.secrets.append(successor)
            device.rotated_at = now
        assert successor == device.secrets[-1]

    def log_out(self, device: Device, secret: str, token: str | None = None) -> None:
        must_work = device.log_out(secret, self.now)
        answer = send(Call("revokeToken", {"refreshToken": secret}), token=token)
        assert answer.problems() == (set() if must_work else REFRESH_INVALID)

    @initialize()
    def everybody_has_two_devices(self) -> None:
        for name in PEOPLE:
            account = self.register_as(name)
            given = {"email": account.email, "password": account.password}
            self.take(send(Call("tokenAuth", given)), account)

    # --- Coming in --------------------------------------------------------------------------------

    @step(name=st.sampled_from(PEOPLE))
    def register(self, name: str) -> None:
        self.register_as(name)

    def register_as(self, name: str) -> Account:
        account = self.accounts.get(name)
        email, password = f"{name}.{self.number}@example.org", self.new_password()
        given = {"email": email.title(), "password": password, "chatId": 1001}
        answer = send(Call("register", {"input": given}))
        if account is None or account.is_deleted:
            account = self.accounts[name] = Account(name, email, password)
            self.take(answer, account)
        else:
            assert answer.problems() == {("email", "email_taken")}
        return account

    @step(data=st.data())
    def log_in(self, data: st.DataObject) -> None:
        account = self.account(data)
        given = {"email": account.email, "password": account.password or ""}
        answer = send(Call("tokenAuth", given), token=self.stale_header(data))
        if account.is_live and account.password is not None:
            self.take(answer, account)
        else:
            assert answer.problems() == WRONG_LOGIN

    @step(data=st.data())
    def log_in_with_a_wrong_password(self, data: st.DataObject) -> None:
        account = self.account(data)
        if account.wrong_passwords == WRONG_PASSWORDS:
            return
        account.wrong_passwords += 1
        others = [each.password for each in self.accounts.values() if each is not account]
        wrong = data.draw(st.sampled_from(["", "wrong", *filter(None, others)]), "password")
        before = all_rows()
        answer = send(Call("tokenAuth", {"email": account.email, "password": wrong}))
        assert answer.problems() == WRONG_LOGIN
        assert all_rows() == before

    @step(data=st.data(), is_disabled=st.booleans())
    def log_in_while_the_account_changes(self, data: st.DataObject, *, is_disabled: bool) -> None:
        """The password was right, and is so no more when the pair is made."""
        account = self.good_access(data).account
        given = {"email": account.email, "password": account.password}

        def change() -> None:
            if is_disabled:
                self.disable(account, by_admin=False)
            else:
                self.set_password(account, self.new_password())

        QuickHasher.meanwhile = change
        answer = send(Call("tokenAuth", given))
        assert QuickHasher.meanwhile is None
        assert answer.problems() == WRONG_LOGIN

    # --- Staying in -------------------------------------------------------------------------------

    @step(4, data=st.data(), several=PRESENTED)
    def refresh_with(self, data: st.DataObject, several: list[tuple[int, int]]) -> None:
        """The newest token or one before it, one after the other and some time apart."""
        device, header = self.device(data), self.stale_header(data)
        for back, pause in several:
            self.clock.shift(pause)
            self.refresh(device, device.secrets[max(0, len(device.secrets) - 1 - back)], header)

    @step(data=st.data(), is_refresh=st.booleans())
    def mix_two_refresh_tokens(self, data: st.DataObject, *, is_refresh: bool) -> None:
        """The one's row with the other's secret logs nobody out; a refresh with it does."""
        one, other = self.device(data), self.some(data, self.devices, "other")
        if one is other:
            return
        row, secret = one.secrets[-1].partition(".")[0], other.secrets[-1].partition(".")[2]
        self.log_out(one, f"{row}.{secret}")
        self.refresh(one, f"{row}.{secret}" if is_refresh else one.secrets[-1])

    @step(data=st.data(), seconds=st.sampled_from([-1, 0, 0, 1]))
    def a_session_comes_to_its_end(self, data: st.DataObject, seconds: int) -> None:
        """Just before its end it is still refreshed, and from then on no more."""
        device = self.device(data)
        end = device.ends + seconds * SECOND
        if self.now < end:
            self.clock.move_to(end)
        self.refresh(device, device.secrets[-1])

    @step(2, data=st.data(), scheme=st.sampled_from(["Bearer", "bearer", "JWT"]))
    def present_an_access_token(self, data: st.DataObject, scheme: str) -> None:
        """Any that there was, and a good one under schemes that are not ours."""
        access: Access = self.some(data, self.accesses, "access token")
        if access.is_good(self.now):
            self.works(access, scheme)
        else:
            self.refused_all_over(access.token, access.account, scheme)
        good = self.good_access(data)
        for other in ("Basic", "Token", "", "Bearer Bearer"):
            assert send(Call("me"), token=good.token, scheme=other).codes == {"UNAUTHENTICATED"}

    @step(data=st.data())
    def take_one_kind_for_the_other(self, data: st.DataObject) -> None:
        device: Device = self.some(data, self.devices, "device")
        self.refused_all_over(device.secrets[-1], device.account)
        token = self.some(data, self.accesses, "access token").token
        for name in ("refreshToken", "revokeToken"):
            answer = send(Call(name, {"refreshToken": token}))
            assert answer.problems() == REFRESH_INVALID

    @step(2, data=st.data(), forgery=st.sampled_from(list(FORGERIES)))
    def forge(self, data: st.DataObject, forgery: str) -> None:
        """All forgeries are looked at, and one is tried at every door."""
        access = self.good_access(data)
        self.works(Access(signed(claims_of(access.token)), access.account, access.era, access.ends))
        self.refused_all_over(FORGERIES[forgery](access.token), access.account)
        forged = {name: forge(access.token) for name, forge in FORGERIES.items()}
        good = self.verified(list(forged.values()))
        assert [name for name, is_good in zip(forged, good, strict=True) if is_good] == []

    # --- Going out --------------------------------------------------------------------------------

    @step(2, data=st.data(), back=st.sampled_from([0, 0, 1, 2]))
    def revoke(self, data: st.DataObject, back: int) -> None:
        device = self.device(data)
        secret = device.secrets[max(0, len(device.secrets) - 1 - back)]
        self.log_out(device, secret, self.stale_header(data))

    @step(data=st.data())
    def revoke_all(self, data: st.DataObject) -> None:
        access = self.good_access(data)
        access.account.era += 1
        assert send(Call("revokeAllTokens"), token=access.token).value()["ok"]

    @step(data=st.data(), is_right=st.booleans())
    def change_password(self, data: st.DataObject, *, is_right: bool) -> None:
        access = self.good_access(data)
        assert access.account.password is not None
        account, new = access.account, self.new_password()
        if not is_right and account.wrong_passwords == WRONG_PASSWORDS:
            return
        old = account.password if is_right else "wrong"
        given = {"oldPassword": old, "newPassword": new}
        before = all_rows()
        answer = send(Call("changePassword", {"input": given}), token=access.token)
        if is_right:
            account.era += 1
            account.password = new
            self.take(answer, account)
        else:
            account.wrong_passwords += 1
            assert answer.problems() == {("oldPassword", "wrong_password")}
            assert all_rows() == before

    @step(data=st.data(), is_right=st.booleans())
    def delete(self, data: st.DataObject, *, is_right: bool) -> None:
        access = self.good_access(data)
        assert access.account.password is not None
        account = access.account
        if not is_right and account.wrong_passwords == WRONG_PASSWORDS:
            return
        before = all_rows()
        given = {"password": account.password if is_right else "wrong"}
        answer = send(Call("deleteAccount", given), token=access.token)
        if is_right:
            account.is_deleted = True
            assert answer.value()["ok"]
        else:
            account.wrong_passwords += 1
            assert answer.problems() == {("password", "wrong_password")}
            assert all_rows() == before

    @step(3, data=st.data(), meanwhile=st.sampled_from(MEANWHILE))
    def forget_the_password(self, data: st.DataObject, meanwhile: str) -> None:
        """A code is good once, if nothing happens between its sending and its use."""
        access = self.good_access(data)
        account = access.account
        link(self.user(account))
        code = code_sent(self.user(account), self.clock)
        assert code is not None
        self.happens(meanwhile, access)
        new = self.new_password()
        given = Call("resetPassword", {"email": account.email, "code": code, "password": new})
        answer = send(given)
        if meanwhile != NOTHING:
            assert answer.problems() == WRONG_CODE
            return
        account.era += 1
        account.password = new
        self.take(answer, account)
        assert send(given).problems() == WRONG_CODE

    def happens(self, meanwhile: str, access: Access) -> None:
        account = access.account
        if meanwhile == "disabled":
            self.disable(account, by_admin=False)
        elif meanwhile == "logged out":
            account.era += 1
            assert send(Call("revokeAllTokens"), token=access.token).value()["ok"]
        elif meanwhile == "expired":
            self.clock.shift(LIFE)
        elif meanwhile == "guessed":
            wrong = {"email": account.email, "code": "wrong", "password": "long enough for me"}
            for _ in range(MOST_TRIES):
                assert send(Call("resetPassword", wrong)).problems() == WRONG_CODE

    @step(data=st.data(), is_disabled=st.booleans())
    def ask_for_a_code_in_vain(self, data: st.DataObject, *, is_disabled: bool) -> None:
        """For a chat that was typed, or a disabled account: nothing is sent."""
        account = self.good_access(data).account
        user = self.user(account)
        if is_disabled:
            link(user)
            self.disable(account, by_admin=False)
        else:
            User.objects.filter(pk=user.pk).update(chat_linked_at=None)
        assert code_sent(user, self.clock) is None

    # --- What the operator does -------------------------------------------------------------------

    @step(2, data=st.data(), by_admin=st.booleans(), is_undone=st.booleans())
    def disable_or_enable(self, data: st.DataObject, *, by_admin: bool, is_undone: bool) -> None:
        """A device that tries meanwhile is logged out for good."""
        device = self.device(data)
        account = device.account
        if account.is_deleted:
            return
        if account.is_active:
            self.disable(account, by_admin=by_admin)
            self.refresh(device, device.secrets[-1])
            if not is_undone:
                return
        self.enable(account, by_admin=by_admin)
        self.refresh(device, device.secrets[-1])

    @step(data=st.data(), is_taken_away=st.booleans())
    def the_admin_gives_a_password(self, data: st.DataObject, *, is_taken_away: bool) -> None:
        account = self.good_access(data).account
        # The page offers to take away what there is.
        is_taken_away = is_taken_away and account.password is not None
        self.set_password(account, None if is_taken_away else self.new_password())

    def disable(self, account: Account, *, by_admin: bool) -> None:
        """In the admin, which ends all sessions; or in a shell, which holds until it is undone."""
        account.is_active = False
        if by_admin:
            account.era += 1
            self.submit(page_of(self.user(account)), form_of(self.user(account), is_active=None))
        else:
            User.objects.filter(email=account.email).update(is_active=False)

    def enable(self, account: Account, *, by_admin: bool) -> None:
        account.is_active = True
        if by_admin:
            self.submit(page_of(self.user(account)), form_of(self.user(account), is_active="on"))
        else:
            User.objects.filter(email=account.email).update(is_active=True)

    def set_password(self, account: Account, password: str | None) -> None:
        account.era += 1
        account.password = password
        form = {"password1": password or "", "password2": password or ""}
        button = "unset-password" if password is None else "set-password"
        page = page_of(self.user(account)).replace("change", "password")
        self.submit(
            page, {**form, "usable_password": str(password is not None).lower(), button: "x"}
        )
        assert self.user(account).has_usable_password() == (password is not None)

    def submit(self, page: str, form: dict[str, Any]) -> None:
        # Anew each time: the clock may have gone past the end of a session.
        self.browser.force_login(self.root)
        assert self.browser.post(page, form).status_code == 302

    # --- What holds after each step ---------------------------------------------------------------

    @step(data=st.data())
    def all_are_tried(self, data: st.DataObject) -> None:
        """Every access token, and some refresh tokens of all ages in any order."""
        good = [access.is_good(self.now) for access in self.accesses]
        assert self.verified([access.token for access in self.accesses]) == good
        tokens = [(device, secret) for device in self.devices for secret in device.secrets]
        for device, secret in data.draw(st.permutations(tokens), "order")[:8]:
            self.refresh(device, secret)

    @invariant()
    def access_tokens_count_as_the_model_says(self) -> None:
        """The newest ones, at each step; all of them are tried again by `all_are_tried`."""
        newest = self.accesses[-ROOT_FIELDS:]
        good = [access.is_good(self.now) for access in newest]
        assert self.verified([access.token for access in newest]) == good
        for access in newest[-1:]:
            answer = send(Call("me"), token=access.token)
            if access.is_good(self.now):
                assert answer.value()["id"] == access.account.id
            else:
                assert answer.codes == {"UNAUTHENTICATED"}


@pytest.mark.django_db(transaction=True)
@pytest.mark.filterwarnings("ignore::jwt.warnings.InsecureKeyLengthWarning")
def test_in_any_life_a_dead_token_counts_for_nothing_and_a_live_one_works(
    settings: Settings,
) -> None:
    settings.PASSWORD_HASHERS = [PATH]
    root = User.objects.create_superuser("root@example.org", "unused")

    run(lambda: TokenLife(root), TokenLife.tally, lives=20, steps=12)
