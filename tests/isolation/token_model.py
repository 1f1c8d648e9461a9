"""Which tokens must be good: a model of accounts and devices that shares nothing with the code."""

import datetime
from dataclasses import dataclass

SECOND = datetime.timedelta(seconds=1)
ACCESS = 300 * SECOND
SESSION = datetime.timedelta(days=30)
GRACE = 10 * SECOND


@dataclass(eq=False)
class Account:
    """`era` moves on whenever all tokens of the account have to die."""

    name: str
    email: str
    password: str | None
    id: str = ""
    era: int = 0
    is_active: bool = True
    is_deleted: bool = False
    wrong_passwords: int = 0

    @property
    def is_live(self) -> bool:
        return self.is_active and not self.is_deleted


@dataclass(eq=False)
class Access:
    token: str
    account: Account
    era: int
    ends: datetime.datetime

    def is_good(self, now: datetime.datetime) -> bool:
        return self.account.is_live and self.era == self.account.era and now < self.ends


@dataclass(eq=False)
class Device:
    """One log-in: every refresh token it ever had, the newest last."""

    account: Account
    era: int
    ends: datetime.datetime
    secrets: list[str]
    rotated_at: datetime.datetime
    is_out: bool = False
    """Logged out for good; a device of a disabled account is not, until it tries to refresh."""

    def is_live(self, now: datetime.datetime) -> bool:
        is_of_now = self.account.is_live and self.era == self.account.era
        return is_of_now and now < self.ends and not self.is_out

    def present(self, secret: str, now: datetime.datetime) -> bool:
        """A refresh with that secret: says whether it must be answered with a pair.

        `secrets` has the successor once the caller has put it there; whoever presents any but the
        newest secret, or a just replaced one, has copied it.
        """
        is_good = self.is_live(now) and (
            secret == self.secrets[-1]
            or (secret in self.secrets[-2:] and now - self.rotated_at <= GRACE)
        )
        self.is_out = self.is_out or not is_good
        return is_good

    def log_out(self, secret: str, now: datetime.datetime) -> bool:
        """A revocation with that secret: says whether it must be answered with success."""
        if secret not in self.secrets[-2:]:
            return False
        was_live, self.is_out = self.is_live(now), True
        return was_live
