"""How passwords are hashed."""

from django.contrib.auth.hashers import Argon2PasswordHasher


class Argon2idPasswordHasher(Argon2PasswordHasher):
    """Argon2id with 19 MiB, two passes, one lane: OWASP's password storage recommendation.

    Django's own parameters take 100 MiB for each log-in under way, which a small machine with many
    threads does not have.
    """

    time_cost = 2
    memory_cost = 19 * 1024  # KiB
    parallelism = 1
