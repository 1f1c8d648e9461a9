"""Who has this e-mail and this password. The answer takes as long where nobody has."""

import secrets
from typing import Any

from django.contrib.auth.backends import ModelBackend
from django.contrib.auth.hashers import check_password, make_password
from django.http import HttpRequest

from accounts.models import User

DECOY = make_password(secrets.token_urlsafe())
"""A hash of nobody's password, with the parameters of today."""


class EmailBackend(ModelBackend):
    """Django's own, but for the time that it takes.

    Where there is no account, or one without a password, that one makes a hash; to check one takes
    some 2% longer, which tells who has an account.
    """

    def authenticate(
        self,
        request: HttpRequest | None,
        username: str | None = None,
        password: str | None = None,
        **kwargs: Any,
    ) -> User | None:
        if username is None or password is None:
            return None
        user = User.objects.filter(email=username).order_by().first()
        if user is None or not user.has_usable_password():
            check_password(password, DECOY)
            return None
        is_right = user.check_password(password)
        return user if is_right and self.user_can_authenticate(user) else None
