"""`manage.py csu`: the superuser, from the environment."""

import secrets
import sys
from typing import Any

from django.conf import settings
from django.core.exceptions import ValidationError
from django.core.management.base import BaseCommand, CommandError

from accounts.models import User
from accounts.validators import validate_new_password, validate_user


class Command(BaseCommand):
    help = (
        "Makes the superuser from SUPERUSER_EMAIL and SUPERUSER_PASSWORD. With no password given,"
        " makes a strong one and prints it once. A second run changes only what differs; an account"
        " that was no superuser gets the new password."
    )

    def handle(self, *args: Any, **options: Any) -> None:
        email = settings.SUPERUSER_EMAIL or self._ask_for_email()
        user = User.objects.filter(email=email).first() or User(email=email)
        is_new = user.pk is None
        # Whoever registered with this address need not be who asks for the superuser now.
        is_needed = is_new or not user.is_superuser
        made = secrets.token_urlsafe(18) if is_needed and not settings.SUPERUSER_PASSWORD else ""
        password = made or settings.SUPERUSER_PASSWORD
        try:
            validate_user(user)
            if password and (is_new or not user.check_password(password)):
                validate_new_password(password, user, field="SUPERUSER_PASSWORD")
                user.set_password(password)
        except ValidationError as error:
            raise CommandError(
                "; ".join(f"{name}: {' '.join(text)}" for name, text in error.message_dict.items())
            ) from None
        user.is_active = user.is_staff = user.is_superuser = True
        user.save()
        self.stdout.write(f"Superuser {user.email} is {'made' if is_new else 'in place'}.")
        if made:
            self.stdout.write(f"Password, shown only this once: {made}")

    def _ask_for_email(self) -> str:
        if not sys.stdin.isatty():
            raise CommandError("Set SUPERUSER_EMAIL to the superuser's e-mail address.")
        return input("E-mail of the superuser: ")
