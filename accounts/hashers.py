"""How passwords are hashed."""

from django.conf import settings
from django.contrib.auth.hashers import Argon2PasswordHasher


class Argon2idPasswordHasher(Argon2PasswordHasher):
    """Argon2id with one lane, and by default 19 MiB and two passes: OWASP's recommendation.

    Django's own parameters take 100 MiB for each log-in under way, which a small machine with many
    threads does not have.
    """

    time_cost = settings.ARGON2_PASSES
    memory_cost = settings.ARGON2_MEMORY_KIB
    parallelism = 1
