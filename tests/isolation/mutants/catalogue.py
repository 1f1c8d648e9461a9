"""The checks, and what the code would be without each."""

from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parents[3]

ANYBODY = '__import__("accounts.models").models.User.objects.order_by("pk").first()'
"""Somebody, whoever calls: what a door without a lock takes the caller for."""


@dataclass(frozen=True)
class Mutant:
    """One check that is gone: `text`, which stands in `file` once, becomes `replacement`."""

    removes: str
    file: str
    text: str
    replacement: str

    def mutated(self, source: str) -> str:
        """The file's text without the check; a LookupError unless it stands there once."""
        count = source.count(self.text)
        if count != 1:
            raise LookupError(f"{self.removes}: its text stands {count} times in {self.file}")
        return source.replace(self.text, self.replacement)


ACCESS = "accounts/access_tokens.py"
CLAIMS = "accounts/claims.py"
PERMISSIONS = "accounts/permissions.py"
REFRESH = "accounts/refresh_tokens.py"
ACCOUNTS = "accounts/mutations.py"
RESETS = "accounts/password_resets.py"
CODES = "notifications/password_codes.py"
AUTHENTICATION = "accounts/authentication.py"
MODELS = "accounts/models.py"
QUERIES = "habits/queries.py"
MUTATIONS = "habits/mutations.py"
TRACKING = "habits/tracking_mutations.py"
ADOPTION = "habits/adoption.py"
TYPES = "habits/types.py"
PAGING = "habits/paging.py"
CURSORS = "habits/cursors.py"
EXECUTION = "backend/execution/context.py"
IDS = "habits/ids.py"

_OPTIONS = '        options={"require": list(CLAIMS), "verify_iat": False},\n'
_LIVE = (
    "    return now < row.expires_at and user.is_active and row.generation == user.token_generation"
)
_CLAIMED = "    claim = None if token is None else claim_of(token)\n"
_ASKED = (
    "    claim = claim_of(token)\n"
    "    return None if claim is None else claim.account(lock=lock, annotations=annotations)\n"
)
_LOCKED = "current_user(info, lock=True)"

ACCESS_TOKENS = (
    Mutant(
        "the signature of access tokens",
        ACCESS,
        _OPTIONS,
        _OPTIONS.replace("{", '{"verify_signature": False, '),
    ),
    Mutant(
        "the pinned algorithm",
        ACCESS,
        "algorithms=[jwt_settings.JWT_ALGORITHM]",
        'algorithms=["HS256", "HS384", "HS512"]',
    ),
    Mutant("the issuer", ACCESS, _OPTIONS, _OPTIONS.replace("{", '{"verify_iss": False, ')),
    Mutant("the audience", ACCESS, _OPTIONS, _OPTIONS.replace("{", '{"verify_aud": False, ')),
    Mutant(
        "the end of access tokens",
        ACCESS,
        _OPTIONS,
        _OPTIONS.replace("{", '{"verify_exp": False, '),
    ),
    Mutant(
        "the claims that are required",
        ACCESS,
        _OPTIONS,
        '        options={"require": ["sub", "gen", "typ", "iat"], "verify_iat": False},\n',
    ),
    Mutant("that a token was issued before now", ACCESS, ' or claims["iat"] > latest', ""),
    Mutant("the type of a token", ACCESS, 'if claims["typ"] != TYPE:', "if False:"),
    Mutant(
        "the form of the subject",
        ACCESS,
        'not re.fullmatch(r"[0-9]{1,19}", claims["sub"])',
        "False",
    ),
    Mutant("the form of the generation", ACCESS, ' or type(claims["gen"]) is not int:', ":"),
    Mutant(
        "whose account a token claims",
        ACCESS,
        'claims["exp"], int(claims["sub"]), claims["gen"]',
        f'claims["exp"], {ANYBODY}.pk, claims["gen"]',
    ),
    Mutant(
        "that it is the whole token whose signature has held",
        ACCESS,
        '    signed = f"{jwt_settings.JWT_SECRET_KEY} {token}"\n',
        "    signed = jwt_settings.JWT_SECRET_KEY + token.rpartition('.')[0]\n",
    ),
    Mutant(
        "the end of tokens whose signature has held",
        ACCESS,
        "Claim(pk, generation) if timezone.now().timestamp() < expires_at else None",
        "Claim(pk, generation)",
    ),
    Mutant(
        "that a token's account is its subject",
        CLAIMS,
        "pk=self.pk, token_generation",
        "token_generation",
    ),
    Mutant(
        "the generation of access tokens",
        CLAIMS,
        "token_generation=self.generation, is_active",
        "is_active",
    ),
    Mutant(
        "that a token's account is active",
        CLAIMS,
        "token_generation=self.generation, is_active=True",
        "token_generation=self.generation",
    ),
    Mutant(
        "the scheme of the header",
        PERMISSIONS,
        "return token.strip() if scheme.lower() in SCHEMES else None",
        "return token.strip()",
    ),
    Mutant(
        "that a call without a good token ends",
        PERMISSIONS,
        "        raise Unauthenticated\n",
        '        user = User.objects.order_by("pk")[0]\n',
    ),
    Mutant(
        "that the header's token is looked at",
        PERMISSIONS,
        "return user_of_token(token, lock=lock, annotations=annotations)",
        f"return user_of_token(token, lock=lock, annotations=annotations) or {ANYBODY}",
    ),
    Mutant(
        "that verifyToken looks at the token",
        ACCOUNTS,
        "if user_of_token(token) is None:",
        "if not token:",
    ),
)

CLAIMED = (
    Mutant(
        "that a token is looked at before somebody relies on what it claims",
        PERMISSIONS,
        f"{_CLAIMED}    return None if claim is None else claim.user()",
        f"{_CLAIMED}    return claim.user() if claim else {ANYBODY}",
    ),
    Mutant(
        "who it is that is read for until the claim is settled",
        CLAIMS,
        '"id": self.pk',
        f'"id": {ANYBODY}.pk',
    ),
    Mutant(
        "that an operation ends with its claim settled",
        EXECUTION,
        "            settle(request)\n",
        "",
    ),
    Mutant(
        "that a request settles what it has relied on",
        PERMISSIONS,
        "        user.claim.settle()\n",
        "        pass\n",
    ),
    Mutant(
        "that graphql-core relies on no claim",
        EXECUTION,
        "            rely_on_nothing(request)\n",
        "",
    ),
    Mutant(
        "that the next to ask relies on no claim",
        PERMISSIONS,
        "        request.relies_on_claims = False  # type: ignore[attr-defined]  # ours\n",
        "",
    ),
    Mutant(
        "that a caller who was claimed is looked for again",
        PERMISSIONS,
        '        vars(request).pop("token_user", None)\n',
        "",
    ),
    Mutant(
        "that who relies on no claim asks for a live account",
        ACCESS,
        _ASKED,
        "    claim = claim_of(token)\n    return claim and User.objects.get(pk=claim.pk)\n",
    ),
    Mutant(
        "that to settle a claim asks the database",
        CLAIMS,
        "if not self.is_proven and self.account() is None:",
        "if False:",
    ),
    Mutant(
        "that a page has rows for live accounts only",
        "habits/page_queries.py",
        "rows = rows.filter(self.claim.is_live())",
        "rows = rows.all()",
    ),
    Mutant(
        "that a page without rows proves nothing",
        PAGING,
        "claim.is_proven |= bool(rows)",
        "claim.is_proven = True",
    ),
    Mutant(
        "that what a claim leaves open is read of a live account",
        MODELS,
        "        account = self.claim.account()\n",
        "        account = User.objects.get(pk=self.pk)\n        self.claim.is_proven = True\n",
    ),
)

REFRESH_TOKENS = (
    Mutant(
        "the end of refresh tokens", REFRESH, _LIVE, _LIVE.replace("now < row.expires_at and ", "")
    ),
    Mutant(
        "that a refresh token's account is active",
        REFRESH,
        _LIVE,
        _LIVE.replace("user.is_active and ", ""),
    ),
    Mutant(
        "the generation of refresh tokens",
        REFRESH,
        _LIVE,
        _LIVE.replace(" and row.generation == user.token_generation", ""),
    ),
    Mutant(
        "that a dead session is not refreshed", REFRESH, "if not _is_live(row, now):", "if False:"
    ),
    Mutant(
        "that a dead session is not called one to be ended",
        REFRESH,
        "        return _is_live(row, now)\n",
        "        return True\n",
    ),
    Mutant(
        "the digest of the newest refresh token",
        REFRESH,
        "if constant_time_compare(digest, row.digest):",
        "if True:",
    ),
    Mutant(
        "the digest of a replaced refresh token",
        REFRESH,
        "if constant_time_compare(digest, row.previous_digest) and now",
        "if now",
    ),
    Mutant(
        "the end of a replaced token's grace", REFRESH, " and now - row.rotated_at <= GRACE:", ":"
    ),
    Mutant(
        "that the newest token replaces the others",
        REFRESH,
        "row.previous_digest, row.digest, row.rotated_at = digest, _digest(successor), now",
        "row.previous_digest, row.rotated_at = _digest(successor), now",
    ),
    Mutant(
        "that a copied token ends its session",
        REFRESH,
        "        return _session(row, successor, now)\n    row.delete()\n",
        "        return _session(row, successor, now)\n",
    ),
    Mutant(
        "that a dead session ends for good",
        REFRESH,
        "    if not _is_live(row, now):\n        row.delete()\n",
        "    if not _is_live(row, now):\n",
    ),
    Mutant(
        "the digest of a token that is revoked",
        REFRESH,
        "if row is None or not _is_from(row, token):",
        "if row is None:",
    ),
    Mutant(
        "how a revoked token's digest is compared",
        REFRESH,
        "any(constant_time_compare(digest, known) for known in",
        "any(known for known in",
    ),
    Mutant(
        "that revokeToken ends the session",
        REFRESH,
        "        row.delete()\n        return _is_live",
        "        return _is_live",
    ),
    Mutant(
        "that a digest is of the whole token",
        REFRESH,
        "hashlib.sha256(token.encode())",
        'hashlib.sha256(token.partition(".")[0].encode())',
    ),
)

PASSWORDS = (
    Mutant(
        "that the password is the account's",
        AUTHENTICATION,
        "is_right = user.check_password(password)",
        "is_right = user.check_password(password) or True",
    ),
    Mutant(
        "the password at log-in",
        ACCOUNTS,
        "authenticate(request, username=email, password=password)",
        "User.objects.filter(email=email, is_active=True).first()",
    ),
    Mutant(
        "that the password is still the one that was checked",
        ACCOUNTS,
        ".filter(pk=user.pk, password=user.password, is_active=True)",
        ".filter(pk=user.pk, is_active=True)",
    ),
    Mutant(
        "that who logs in is still active",
        ACCOUNTS,
        ".filter(pk=user.pk, password=user.password, is_active=True)",
        ".filter(pk=user.pk, password=user.password)",
    ),
    Mutant(
        "that a person is there who logs in",
        ACCOUNTS,
        "live = user and (\n",
        'live = not user and User.objects.order_by("pk").first() or (\n',
    ),
    Mutant(
        "the old password for a new one",
        ACCOUNTS,
        '            _check_password(info, user, input.old_password, field="old_password")\n',
        "",
    ),
    Mutant(
        "the password for a deletion",
        ACCOUNTS,
        '        _check_password(info, user, password, field="password")\n',
        "",
    ),
    Mutant(
        "that a wrong password is refused",
        ACCOUNTS,
        "    if not user.check_password(password):\n",
        "    if not password:\n",
    ),
    Mutant(
        "that a new password ends all sessions",
        MODELS,
        "        super().set_password(raw_password)\n        self.revoke_all_tokens()\n",
        "        super().set_password(raw_password)\n",
    ),
    Mutant(
        "that a password taken away ends all sessions",
        MODELS,
        "        super().set_unusable_password()\n        self.revoke_all_tokens()\n",
        "        super().set_unusable_password()\n",
    ),
    Mutant(
        "that a new generation is another",
        MODELS,
        "        self.token_generation += 1\n",
        "        self.token_generation += 0\n",
    ),
    Mutant(
        "that the new password's generation is kept",
        ACCOUNTS,
        'update_fields=["password", "token_generation"]',
        'update_fields=["password"]',
    ),
    Mutant(
        "that logging out everywhere ends all sessions",
        ACCOUNTS,
        "        user.revoke_all_tokens()\n        user.save",
        "        user.save",
    ),
    Mutant(
        "that disabling ends all sessions for good",
        "accounts/admin.py",
        "if before.is_active and not obj.is_active:",
        "if False:",
    ),
)

FORGOTTEN = (
    Mutant(
        "that a code is the one that was sent",
        RESETS,
        "is_right = constant_time_compare(_digest(reset or PasswordReset(pk=0), code), expected)",
        "is_right = True",
    ),
    Mutant(
        "whose code it is",
        RESETS,
        "filter(email=email, expires_at__gt=now",
        "filter(expires_at__gt=now",
    ),
    Mutant(
        "the end of a code",
        RESETS,
        "filter(email=email, expires_at__gt=now",
        "filter(email=email, expires_at__isnull=False",
    ),
    Mutant("how many tries a code has", RESETS, ", tries__lt=MOST_TRIES)", ")"),
    Mutant("that a wrong code is counted", RESETS, "reset.tries += 1", "reset.tries += 0"),
    Mutant(
        "that who resets a password is active",
        RESETS,
        "is_active=True, token_generation=reset.generation",
        "token_generation=reset.generation",
    ),
    Mutant(
        "that a code ends with the sessions of its time",
        RESETS,
        "is_active=True, token_generation=reset.generation",
        "is_active=True",
    ),
    Mutant(
        "that a reset password's generation is kept",
        RESETS,
        'update_fields=["password", "token_generation"]',
        'update_fields=["password"]',
    ),
    Mutant(
        "that a disabled account is sent no code",
        CODES,
        "not user.is_active or user.chat",
        "user.chat",
    ),
    Mutant(
        "that a chat which was typed is sent no code",
        CODES,
        " or user.chat_linked_at is None:",
        ":",
    ),
)

OWN = (
    Mutant("who asks for me", "accounts/queries.py", "current_user(info)", ANYBODY),
    Mutant(
        "who logs out everywhere",
        ACCOUNTS,
        f"user = {_LOCKED}\n        user.revoke_all_tokens()",
        f"user = {ANYBODY}\n        user.revoke_all_tokens()",
    ),
    Mutant(
        "who changes a profile",
        ACCOUNTS,
        f"user = {_LOCKED}\n        changes",
        f"user = {ANYBODY}\n        changes",
    ),
    Mutant(
        "who changes a password",
        ACCOUNTS,
        f"user = {_LOCKED}\n            _check_password",
        f"user = {ANYBODY}\n            _check_password",
    ),
    Mutant(
        "who leaves",
        ACCOUNTS,
        f"user = {_LOCKED}\n        _check_password",
        f"user = {ANYBODY}\n        _check_password",
    ),
    Mutant("who links a chat", "notifications/mutations.py", _LOCKED, ANYBODY),
    Mutant(
        "who makes a habit",
        MUTATIONS,
        "user = current_user(info, lock=True, annotations=WITH_HABIT_COUNT)",
        f"user = {ANYBODY}",
    ),
    Mutant(
        "who adopts a habit",
        MUTATIONS,
        f"{_LOCKED},\n            now",
        f"{ANYBODY},\n            now",
    ),
    Mutant(
        "that a reward adopted earlier is one's own",
        ADOPTION,
        "Habit.objects.owned_by(owner).filter",
        "Habit.objects.filter",
    ),
    Mutant(
        "who changes a habit",
        MUTATIONS,
        f"user, now = {_LOCKED}, now_of(info)\n        habit",
        f"user, now = {ANYBODY}, now_of(info)\n        habit",
    ),
    Mutant(
        "that a changed habit is looked for among one's own",
        MUTATIONS,
        "own_habit(user, input.id)",
        'Habit.objects.for_change().filter(pk=pk_of(input.id, "Habit")).first()'
        " or own_habit(user, input.id)",
    ),
    Mutant(
        "who deletes a habit",
        MUTATIONS,
        f"own_habit({_LOCKED}, id)",
        f"own_habit({ANYBODY}, id)",
    ),
    *(
        Mutant(
            f"who {what}",
            TRACKING,
            f"user, now = {_LOCKED}, now_of(info)\n        habit = {call}",
            f"user, now = {ANYBODY}, now_of(info)\n        habit = {call}",
        )
        for what, call in (
            ("checks in", 'own_habit(user, input.habit_id, field="habit_id")\n        check_in'),
            ("takes back", 'own_habit(user, input.habit_id, field="habit_id")\n        tracking'),
            ("pauses", "own_habit(user, input.id)\n        tracking"),
            ("resumes", "own_habit(user, id)\n        tracking"),
        )
    ),
    Mutant(
        "that a habit that is changed, tracked or deleted is one's own",
        "habits/own.py",
        "Habit.objects.owned_by(user).for_change()",
        "Habit.objects.for_change()",
    ),
    Mutant(
        "who reads a habit",
        QUERIES,
        "user = current_user(info)\n        habits = Habit.objects.owned_by(user).filter(pk",
        f"user = {ANYBODY}\n        habits = Habit.objects.owned_by(user).filter(pk",
    ),
    Mutant(
        "that a habit that is read is one's own",
        QUERIES,
        "habits = Habit.objects.owned_by(user).filter(pk",
        "habits = Habit.objects.filter(pk",
    ),
    Mutant(
        "who lists habits",
        QUERIES,
        "user, now = current_user(info), now_of(info)\n        habits",
        f"user, now = {ANYBODY}, now_of(info)\n        habits",
    ),
    Mutant(
        "that listed habits are one's own",
        QUERIES,
        "filter_habits(Habit.objects.owned_by(user), filters)",
        "filter_habits(Habit.objects.all(), filters)",
    ),
    Mutant(
        "who asks what is due today",
        QUERIES,
        "Today(owner=current_user(info), now",
        f"Today(owner={ANYBODY}, now",
    ),
    Mutant(
        "that what is due today is one's own",
        "habits/reading.py",
        "        habits = Habit.objects.owned_by(owner)\n",
        "        habits = Habit.objects.all()\n",
    ),
    Mutant(
        "what one's own means",
        "habits/models/habit.py",
        "        return self._lazily().filter(owner=user)\n",
        "        return self.all()\n",
    ),
    Mutant(
        "that a reward is one's own",
        "habits/validators.py",
        "if related is None or related.owner_id != habit.owner_id:",
        "if related is None:",
    ),
)

PUBLIC = (
    Mutant(
        "that a visitor lists no public habits",
        QUERIES,
        "reader = current_user(info)",
        f"reader = {ANYBODY}",
    ),
    Mutant(
        "that a visitor reads no public habit",
        QUERIES,
        "        current_user(info)\n        habits = Habit.objects.public()",
        "        habits = Habit.objects.public()",
    ),
    Mutant(
        "that listed public habits are public",
        QUERIES,
        "filter_public_habits(Habit.objects.public(), filters)",
        "filter_public_habits(Habit.objects.all(), filters)",
    ),
    Mutant(
        "that a public habit that is read is public",
        QUERIES,
        "        habits = Habit.objects.public().filter(pk",
        "        habits = Habit.objects.filter(pk",
    ),
    Mutant(
        "what public means",
        "habits/models/habit.py",
        "        return self._lazily().filter(is_public=True)\n",
        "        return self.all()\n",
    ),
    Mutant(
        "that a public habit's reward is public",
        TYPES,
        "if related and related.is_public else",
        "if related else",
    ),
    Mutant(
        "that an adopted habit is public",
        ADOPTION,
        "Habit.objects.public().select_for_update",
        "Habit.objects.select_for_update",
    ),
    Mutant(
        "that an adopted habit is another's",
        ADOPTION,
        "if original.owner_id == owner.pk:",
        "if False:",
    ),
    Mutant(
        "that a reward that is adopted is public",
        ADOPTION,
        "related if related and related.is_public else None",
        "related",
    ),
    Mutant(
        "that the origin of a copy is public",
        TYPES,
        "if original and original.is_public else None",
        "if original else None",
    ),
    Mutant("whose a public habit is", TYPES, "root.owner_id == current_user(info).pk", "True"),
    Mutant(
        "who it is that asks whose a public habit is",
        TYPES,
        "root.owner_id == current_user(info).pk",
        f"root.owner_id == {ANYBODY}.pk",
    ),
)

IDENTIFIERS = (
    Mutant("the type in an id", IDS, "name == type_name and ", ""),
    Mutant("the one spelling of an id", IDS, " and relay.to_base64(name, pk) == global_id", ""),
    Mutant(
        "the list in a cursor",
        CURSORS,
        "if [list_name, *names] != [self.name, *map(str, self.keys)]:",
        "if [*names] != [*map(str, self.keys)]:",
    ),
    Mutant(
        "the order in a cursor",
        CURSORS,
        "if [list_name, *names] != [self.name, *map(str, self.keys)]:",
        "if list_name != self.name:",
    ),
)

MUTANTS = (
    *ACCESS_TOKENS,
    *CLAIMED,
    *REFRESH_TOKENS,
    *PASSWORDS,
    *FORGOTTEN,
    *OWN,
    *PUBLIC,
    *IDENTIFIERS,
)
