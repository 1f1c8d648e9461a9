"""Every setting, read once from the environment or `.env`; `.env.sample` says what each means."""

import re
import zoneinfo
from datetime import timedelta
from pathlib import Path
from urllib.parse import urlsplit

from django.core.exceptions import ImproperlyConfigured
from redis.connection import parse_url

from backend.databases import database
from backend.environment import Environment
from backend.secrets import check_key, development_key

# The pinned tzdata package rules, not whatever files the host has.
zoneinfo.reset_tzpath(())

BASE_DIR = Path(__file__).resolve().parent.parent
DATA_DIR = BASE_DIR / "data"

env = Environment.load(BASE_DIR / ".env")

# --- Who may call, and with what keys ------------------------------------------------------------

DEBUG = env.boolean("DEBUG", default=False)
LOOPBACK = ("localhost", "127.0.0.1", "[::1]")

if DEBUG:
    SECRET_KEY = env.text("SECRET_KEY") or development_key(DATA_DIR / "secret_key")
    JWT_SECRET_KEY = env.text("JWT_SECRET_KEY") or development_key(DATA_DIR / "jwt_secret_key")
    ALLOWED_HOSTS = env.words("ALLOWED_HOSTS", LOOPBACK)
else:
    SECRET_KEY = check_key("SECRET_KEY", env.text("SECRET_KEY"))
    JWT_SECRET_KEY = check_key("JWT_SECRET_KEY", env.text("JWT_SECRET_KEY"))
    ALLOWED_HOSTS = env.words("ALLOWED_HOSTS")
    if not ALLOWED_HOSTS:
        raise ImproperlyConfigured("ALLOWED_HOSTS is missing: name the hosts this site answers to.")
    if any("*" in host for host in ALLOWED_HOSTS):
        raise ImproperlyConfigured("ALLOWED_HOSTS must name hosts; a wildcard lets anyone in.")
if SECRET_KEY == JWT_SECRET_KEY:
    raise ImproperlyConfigured("JWT_SECRET_KEY must differ from SECRET_KEY.")

CORS_ALLOWED_ORIGINS = env.origins("CORS_ALLOWED_ORIGINS")
if DEBUG and not CORS_ALLOWED_ORIGINS:
    # A single-page application's development server may stand on any port of this machine.
    CORS_ALLOWED_ORIGIN_REGEXES = [r"^http://(localhost|127\.0\.0\.1|\[::1\])(:\d+)?$"]
CORS_URLS_REGEX = r"^/graphql/?$"
CORS_ALLOW_CREDENTIALS = False
CORS_ALLOW_METHODS = ("POST", "OPTIONS")
CORS_ALLOW_HEADERS = (
    "accept",
    "accept-language",
    "authorization",
    "content-type",
    # What Apollo's clients add by themselves.
    "apollographql-client-name",
    "apollographql-client-version",
    "apollo-require-preflight",
)
CSRF_TRUSTED_ORIGINS = env.origins("CSRF_TRUSTED_ORIGINS")

TRUSTED_PROXIES = env.networks("TRUSTED_PROXIES")
if TRUSTED_PROXIES:
    # `backend.proxies` takes the header away where anybody else has sent it.
    SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")

# --- TLS and the admin ---------------------------------------------------------------------------

# TLS ends at the proxy. This is sent with answers to requests that came through it over https, and
# for this host alone: who else lives under the domain is not for this site to say.
SECURE_HSTS_SECONDS = env.integer("HSTS_SECONDS", 0 if DEBUG else 31_536_000, low=0, high=2**31)
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = env.boolean("SECURE_COOKIES", default=not DEBUG)
SESSION_COOKIE_SAMESITE = CSRF_COOKIE_SAMESITE = "Strict"
SILENCED_SYSTEM_CHECKS = [
    "security.W005",  # HSTS for subdomains: see above
    "security.W008",  # no redirect to https: that is the proxy's, and `/readyz` speaks plain HTTP
    "security.W009",  # SECRET_KEY: `check_key` has refused a weak one already, by its bytes
    "security.W021",  # HSTS preloading: see above
]
ADMIN_PATH = env.text("ADMIN_PATH", "admin").strip("/")
if not re.fullmatch(r"[\w-]+(/[\w-]+)*", ADMIN_PATH, re.ASCII):
    raise ImproperlyConfigured("ADMIN_PATH must be letters, digits, - and _, such as back/office.")

# --- Django --------------------------------------------------------------------------------------

INSTALLED_APPS = [
    "backend.apps.SiteConfig",  # django.contrib.admin
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "corsheaders",
    "strawberry_django",
    "accounts",
    "habits",
    # Before django_dramatiq, as its `rundramatiq` stands in for that one's.
    "notifications",
    "django_dramatiq",
    "backend.apps.BackendConfig",
]

MIDDLEWARE = [
    # First, so that all others see the caller's address and nobody's invented headers.
    "backend.proxies.TrustedProxies",
    "backend.short_chain.ShortChain",
    "backend.cors.Cors",
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    # Around all that words an answer, the refusal of a Host among them.
    "backend.languages.AcceptLanguage",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
]

TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
            ],
        },
    },
]

ROOT_URLCONF = "backend.urls"
CSRF_FAILURE_VIEW = "backend.error_pages.csrf_failure"
WSGI_APPLICATION = "backend.wsgi.application"
# A redirect to the address with a slash would lose a POST's body.
APPEND_SLASH = False
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
AUTH_USER_MODEL = "accounts.User"

STATIC_URL = "static/"
# The few static files are served from where they lie: there is no collectstatic step.
WHITENOISE_USE_FINDERS = True
WHITENOISE_AUTOREFRESH = False

LANGUAGE_CODE = "en"
LANGUAGES = [("en", "English"), ("ru", "Русский")]
TIME_ZONE = "UTC"
USE_TZ = True

# --- Storage -------------------------------------------------------------------------------------

POSTGRESQL_PARAMETERS = {
    # A server that loses its last commits in a crash would lose the intents to send, too: then a
    # message that went out is sent again, and nobody knows. Its own settings may be laxer.
    "synchronous_commit": "on",
    # In milliseconds; 0 is without end. Nothing that the tracker asks for takes a second, so what
    # takes longer has gone wrong, and keeps others waiting.
    "statement_timeout": env.integer("STATEMENT_TIMEOUT_MS", 15_000, low=0, high=86_400_000),
    "lock_timeout": env.integer("LOCK_TIMEOUT_MS", 10_000, low=0, high=86_400_000),
    "idle_in_transaction_session_timeout": env.integer(
        "IDLE_TRANSACTION_TIMEOUT_MS", 30_000, low=0, high=86_400_000
    ),
}

DATABASE_URL = env.text("DATABASE_URL", f"sqlite:///{DATA_DIR / 'habits.sqlite3'}")
DATABASES = {"default": database(DATABASE_URL, POSTGRESQL_PARAMETERS)}
PREPARED_STATEMENTS = env.boolean("PREPARED_STATEMENTS", default=True)

REDIS_URL = env.text("REDIS_URL")
if REDIS_URL:
    try:
        parse_url(REDIS_URL)  # type: ignore[no-untyped-call]  # redis leaves this one out
    except ValueError as error:
        raise ImproperlyConfigured(f"REDIS_URL cannot be read: {error}") from None

# --- Accounts and tokens -------------------------------------------------------------------------

ARGON2_MEMORY_KIB = env.integer("ARGON2_MEMORY_KIB", 19_456, low=7168, high=1_048_576)
ARGON2_PASSES = env.integer("ARGON2_PASSES", 2, low=1, high=100)
# OWASP's password storage recommendation: with so much memory, so many passes at the least.
PASSES_NEEDED = {47_104: 1, 19_456: 2, 12_288: 3, 9216: 4, 7168: 5}
needed = min(passes for kib, passes in PASSES_NEEDED.items() if kib <= ARGON2_MEMORY_KIB)
if needed > ARGON2_PASSES:
    raise ImproperlyConfigured(
        f"ARGON2_PASSES must be at least {needed} with ARGON2_MEMORY_KIB={ARGON2_MEMORY_KIB}."
    )
PASSWORD_HASHERS = ["accounts.hashers.Argon2idPasswordHasher"]
AUTHENTICATION_BACKENDS = ["accounts.authentication.EmailBackend"]
AUTH_PASSWORD_VALIDATORS = [
    {
        "NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator",
        "OPTIONS": {"user_attributes": ("email", "first_name")},
    },
    {"NAME": "django.contrib.auth.password_validation.MinimumLengthValidator"},
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
    {"NAME": "django.contrib.auth.password_validation.NumericPasswordValidator"},
]

# Failures that cost no delay: of one address with one account, and of one address in all.
LOGIN_FREE_FAILURES = env.integer("LOGIN_FREE_FAILURES", 20 if DEBUG else 5, low=1, high=1000)
LOGIN_FREE_FAILURES_PER_ADDRESS = env.integer(
    "LOGIN_FREE_FAILURES_PER_ADDRESS", 1000 if DEBUG else 50, low=1, high=100_000
)
REGISTRATIONS_PER_HOUR = env.integer(
    "REGISTRATIONS_PER_HOUR", 1000 if DEBUG else 30, low=1, high=5000
)
PASSWORD_RESETS_PER_HOUR = env.integer(
    "PASSWORD_RESETS_PER_HOUR", 1000 if DEBUG else 30, low=1, high=5000
)

GRAPHQL_JWT = {
    "JWT_SECRET_KEY": JWT_SECRET_KEY,
    "JWT_ALGORITHM": "HS256",
    "JWT_ISSUER": "habits",
    "JWT_AUDIENCE": "habits-api",
    "JWT_VERIFY_EXPIRATION": True,
    "JWT_EXPIRATION_DELTA": timedelta(minutes=5),
    "JWT_REFRESH_EXPIRATION_DELTA": timedelta(days=30),
    "JWT_PAYLOAD_HANDLER": "accounts.access_tokens.claims_for",
    "JWT_DECODE_HANDLER": "accounts.access_tokens.verified_claims",
}

# --- GraphQL -------------------------------------------------------------------------------------

STRAWBERRY_DJANGO = {"MUTATIONS_DEFAULT_HANDLE_ERRORS": True}
# Off, graphql-core runs every operation: slower, the same answers.
COMPILED_EXECUTION = env.boolean("COMPILED_EXECUTION", default=True)

# What one request may ask for. Tools of development send an introspection query of depth 15 with
# 220 fields, and people try things out.
DATA_UPLOAD_MAX_MEMORY_SIZE = env.integer(
    "LIMIT_BODY_BYTES", 256 * 1024 if DEBUG else 32 * 1024, low=1024, high=8 * 1024 * 1024
)
# Python's own stack ends somewhere above the highest values of this and of LIMIT_DEPTH.
LIMIT_JSON_DEPTH = env.integer("LIMIT_JSON_DEPTH", 20, low=3, high=200)
# A list in a variable is read anew wherever the document names it.
LIMIT_JSON_VALUES = env.integer("LIMIT_JSON_VALUES", 1000, low=10, high=100_000)
LIMIT_TOKENS = env.integer("LIMIT_TOKENS", 3000 if DEBUG else 1000, low=10, high=100_000)
LIMIT_DEPTH = env.integer("LIMIT_DEPTH", 20 if DEBUG else 8, low=1, high=100)
LIMIT_ALIASES = env.integer("LIMIT_ALIASES", 15, low=0, high=10_000)
LIMIT_FIELDS = env.integer("LIMIT_FIELDS", 1000 if DEBUG else 200, low=1, high=100_000)
LIMIT_ROOT_FIELDS = env.integer("LIMIT_ROOT_FIELDS", 10, low=1, high=10_000)
LIMIT_FRAGMENTS = env.integer("LIMIT_FRAGMENTS", 20, low=0, high=10_000)
LIMIT_OPERATIONS = env.integer("LIMIT_OPERATIONS", 1, low=1, high=100)
LIMIT_NODE_DIRECTIVES = env.integer("LIMIT_NODE_DIRECTIVES", 4, low=0, high=10_000)
LIMIT_DIRECTIVES = env.integer("LIMIT_DIRECTIVES", 50, low=0, high=10_000)
LIMIT_ERRORS = env.integer("LIMIT_ERRORS", 5, low=1, high=100)
# Fields of one operation that issue tokens, check a password or change a profile.
LIMIT_CREDENTIAL_FIELDS = env.integer("LIMIT_CREDENTIAL_FIELDS", 1, low=1, high=100)
# Each field of a page counts once for every row that the page may have.
LIMIT_COST = env.integer("LIMIT_COST", 5000, low=1, high=10_000_000)
PAGE_SIZE_CAP = env.integer("PAGE_SIZE_CAP", 100, low=1, high=10_000)
PAGE_SIZE = env.integer("PAGE_SIZE", min(20, PAGE_SIZE_CAP), low=1, high=PAGE_SIZE_CAP)
# What reaches all habits of a person at once, such as a new time zone, takes time for each of them.
HABITS_PER_PERSON = env.integer("HABITS_PER_PERSON", 1000, low=1, high=10_000)

# --- Reminders -----------------------------------------------------------------------------------

TELEGRAM_BOT_TOKEN = env.text("TELEGRAM_BOT_TOKEN")
TELEGRAM_API_URL = env.text("TELEGRAM_API_URL", "https://api.telegram.org").rstrip("/")
bot_api = urlsplit(TELEGRAM_API_URL)
if bot_api.scheme not in {"http", "https"} or not bot_api.hostname:
    raise ImproperlyConfigured("TELEGRAM_API_URL must be an http:// or https:// address.")
# Without its @; people open their links to it.
TELEGRAM_BOT_NAME = env.text("TELEGRAM_BOT_NAME").removeprefix("@")
if TELEGRAM_BOT_NAME and not re.fullmatch(r"[A-Za-z0-9_]{5,32}", TELEGRAM_BOT_NAME):
    raise ImproperlyConfigured(
        "TELEGRAM_BOT_NAME must be the bot's user name: 5 to 32 letters, digits and _."
    )
TELEGRAM_WEBHOOK_SECRET = env.text("TELEGRAM_WEBHOOK_SECRET")
# The Bot API's own alphabet, which reaches to 256 characters; a short one could be guessed.
if TELEGRAM_WEBHOOK_SECRET and not re.fullmatch(r"[A-Za-z0-9_-]{16,256}", TELEGRAM_WEBHOOK_SECRET):
    raise ImproperlyConfigured(
        "TELEGRAM_WEBHOOK_SECRET must be 16 to 256 letters, digits, - and _."
    )
TELEGRAM_RATE = env.number("TELEGRAM_RATE", 30, low=0.1, high=10_000)

REMINDER_CATCH_UP = timedelta(
    minutes=env.integer("REMINDER_CATCH_UP_MINUTES", 120, low=1, high=7 * 24 * 60)
)
REMINDER_RETENTION = timedelta(days=env.integer("REMINDER_RETENTION_DAYS", 90, low=3, high=36500))
REMINDER_AMBIGUOUS = env.choice("REMINDER_AMBIGUOUS", "resend", ("resend", "leave"))
DELIVERY_THREADS = env.integer("DELIVERY_THREADS", 8, low=1, high=256)

DRAMATIQ_AUTODISCOVER_MODULES = ("actors",)
DRAMATIQ_BROKER = {
    "BROKER": "notifications.broker.HintBroker"
    if REDIS_URL
    else "dramatiq.brokers.stub.StubBroker",
    "OPTIONS": {"url": REDIS_URL} if REDIS_URL else {},
    "MIDDLEWARE": [
        "dramatiq.middleware.AgeLimit",
        "dramatiq.middleware.TimeLimit",
        "dramatiq.middleware.Retries",
        "django_dramatiq.middleware.DbConnectionsMiddleware",
        "notifications.middleware.WorkerMiddleware",
        "periodiq.PeriodiqMiddleware",
    ],
}

# --- Metrics -------------------------------------------------------------------------------------

METRICS_TOKEN = env.text("METRICS_TOKEN")
# What a header can carry, and nobody guesses.
if METRICS_TOKEN and not re.fullmatch("[!-~]{16,}", METRICS_TOKEN):
    raise ImproperlyConfigured(
        "METRICS_TOKEN must be at least 16 letters, digits or signs of ASCII, without a space."
    )

# --- `manage.py serve`, `up` and `csu` -----------------------------------------------------------

HOST = env.text("HOST", "127.0.0.1")
PORT = env.integer("PORT", 8000, low=1, high=65535)
WEB_WORKERS = env.integer("WEB_WORKERS", 2, low=1, high=64)
WEB_THREADS = env.integer("WEB_THREADS", 4, low=1, high=256)
REQUEST_TIMEOUT = env.number("REQUEST_TIMEOUT_SECONDS", 30, low=1, high=3600)
SUPERUSER_EMAIL = env.text("SUPERUSER_EMAIL")
SUPERUSER_PASSWORD = env.text("SUPERUSER_PASSWORD")

# --- Logging -------------------------------------------------------------------------------------

LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {"line": {"format": "%(asctime)s %(levelname)s %(name)s: %(message)s"}},
    "handlers": {"console": {"class": "logging.StreamHandler", "formatter": "line"}},
    "root": {"handlers": ["console"], "level": "INFO"},
    "loggers": {
        # Its lines, up to warnings, print the Bot API's address, which holds the bot's token.
        "urllib3": {"level": "ERROR"},
    },
}
