"""Settings, from the environment. What is not said is set as production needs it.

`make setup` writes a `.env` for development; in production set SECRET_KEY, ALLOWED_HOSTS
and DATABASE_URL yourself, and leave DEBUG unset.
"""

from logging import captureWarnings
from pathlib import Path

import environ
from csp.constants import NONE, SELF
from django.core.exceptions import ImproperlyConfigured

from portal.providers import single_sign_on
from portal.unsafe import problems

BASE_DIR = Path(__file__).resolve().parent.parent

env = environ.Env()
env.read_env(BASE_DIR / ".env")

DEBUG = env.bool("DEBUG", default=False)
SECRET_KEY = env.str("SECRET_KEY")
ALLOWED_HOSTS = env.list("ALLOWED_HOSTS")
if not (SECRET_KEY and ALLOWED_HOSTS):
    raise ImproperlyConfigured("Set SECRET_KEY and ALLOWED_HOSTS in the environment.")
# The first key signs new events; older ones go on being accepted for the events they signed.
EVENT_KEYS = env.list("EVENT_KEYS", default=[SECRET_KEY])
# The first key locks the secrets of authenticator apps; older ones go on opening what they locked.
MFA_KEYS = env.list("MFA_KEYS", default=[SECRET_KEY])
# The first key locks what people write about a child; older ones go on opening what they locked.
DATA_KEYS = env.list("DATA_KEYS", default=[SECRET_KEY])
# The first key makes the digests by which it is found; older ones go on finding.
INDEX_KEYS = env.list("INDEX_KEYS", default=[SECRET_KEY])
CSRF_TRUSTED_ORIGINS = env.list("CSRF_TRUSTED_ORIGINS", default=[])

INSTALLED_APPS = [
    "django.contrib.admin",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.messages",
    "django.contrib.sessions",
    "whitenoise.runserver_nostatic",
    "django.contrib.staticfiles",
    "allauth",
    "allauth.account",
    "allauth.mfa",
    "allauth.socialaccount",
    "allauth.socialaccount.providers.openid_connect",
    "crispy_forms",
    "csp",
    "accounts",
    "thresholds",
    "referrals",
    "guidance_content",
    # For its commands: backups, and pages for when nothing else answers.
    "portal",
]

MIDDLEWARE = [
    "portal.headers.OwnPagesOnly",
    "django.middleware.security.SecurityMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "portal.request_log.RequestLog",
    "csp.middleware.CSPMiddleware",
    "django_permissions_policy.PermissionsPolicyMiddleware",
    # Before whatever asks the database.
    "portal.without_database.ShortCut",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "allauth.account.middleware.AccountMiddleware",
    "accounts.middleware.IdleSignOut",
    "accounts.middleware.SecondFactorFirst",
    "guidance_content.preview.Preview",
]

ROOT_URLCONF = "portal.urls"
WSGI_APPLICATION = "portal.wsgi.application"

CONTEXT_PROCESSORS = [
    "django.template.context_processors.request",
    "django.contrib.auth.context_processors.auth",
    "django.contrib.messages.context_processors.messages",
]

TEMPLATES = [
    {
        "BACKEND": "django.template.backends.jinja2.Jinja2",
        "DIRS": [BASE_DIR / "templates"],
        "APP_DIRS": False,
        "OPTIONS": {
            "environment": "portal.jinja.environment",
            "context_processors": [
                *CONTEXT_PROCESSORS,
                "portal.jinja.one_token",
                "thresholds.context.phone_cards",
            ],
        },
    },
    {
        # For the admin alone.
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "APP_DIRS": True,
        "OPTIONS": {"context_processors": CONTEXT_PROCESSORS},
    },
]
CRISPY_ALLOWED_TEMPLATE_PACKS = ("govuk",)
CRISPY_TEMPLATE_PACK = "govuk"

DATABASES = {"default": env.db("DATABASE_URL", default=f"sqlite:///{BASE_DIR / 'db.sqlite3'}")}
if DATABASES["default"]["ENGINE"].endswith("sqlite3"):
    # Writers wait for each other instead of failing half-way through a transaction. What was
    # acknowledged is on the disk: FULL, as NORMAL may lose it when the power fails.
    DATABASES["default"]["OPTIONS"] = {
        "transaction_mode": "IMMEDIATE",
        "timeout": 20,
        "init_command": "PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL;",
    }
else:
    DATABASES["default"] |= {"CONN_MAX_AGE": 60, "CONN_HEALTH_CHECKS": True}
    # Seconds; 0 is for ever. Nobody waits longer for a page than nginx and gunicorn do, and a
    # transaction that somebody forgot must not hold the locks of others. A migration sets its own.
    LIMITS = {
        "statement_timeout": env.int("STATEMENT_TIMEOUT", default=20),
        "lock_timeout": env.int("LOCK_TIMEOUT", default=10),
        "idle_in_transaction_session_timeout": env.int("IDLE_TIMEOUT", default=60),
    }
    DATABASES["default"].setdefault("OPTIONS", {}).update(
        connect_timeout=env.int("CONNECT_TIMEOUT", default=3),
        # Compiling a query takes longer than any of ours does, and so does the start of workers
        # that would share it. One person's page must not take all processors either.
        # What is prepared keeps one plan: accounts/prepared.py says where it must not.
        options="-c jit=off -c max_parallel_workers_per_gather=0 "
        "-c plan_cache_mode=force_generic_plan "
        + " ".join(f"-c {name}={seconds}s" for name, seconds in LIMITS.items()),
    )
# The guidance in a file, read when the database cannot be reached: guidance_content/standby.py.
STANDBY_FILE = env.str("STANDBY_FILE", default=str(BASE_DIR / "standby.sqlite3"))
DATABASES["standby"] = {
    "ENGINE": "django.db.backends.sqlite3",
    "NAME": f"file:{STANDBY_FILE}?mode=ro",
    "TEST": {"MIGRATE": False},
}
DATABASE_ROUTERS = ["guidance_content.standby.Router"]
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

AUTH_USER_MODEL = "accounts.User"
AUTHENTICATION_BACKENDS = ["accounts.backend.Backend"]
AUTH_PASSWORD_VALIDATORS = [
    {
        "NAME": "django.contrib.auth.password_validation.MinimumLengthValidator",
        "OPTIONS": {"min_length": 12},
    },
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
    {"NAME": "accounts.passwords.NoWordsOfOurs"},
]
ACCOUNT_ADAPTER = "accounts.adapter.AccountAdapter"
ACCOUNT_LOGIN_METHODS = {"email"}
ACCOUNT_SIGNUP_FIELDS = ["email*", "password1*"]
ACCOUNT_USER_MODEL_USERNAME_FIELD = None
ACCOUNT_EMAIL_VERIFICATION = "none"
# No email goes to an address that has no account.
ACCOUNT_EMAIL_UNKNOWN_ACCOUNTS = False
# Wrong passwords and wrong codes, by address of the network and by account.
ACCOUNT_RATE_LIMITS = {"login_failed": "10/m/ip,5/5m/key"}
LOGIN_URL = "account_login"
LOGIN_REDIRECT_URL = "conversation_list"
ACCOUNT_LOGOUT_REDIRECT_URL = "account_signed_out"

# The second factor, compulsory for leads, editors and staff: accounts/second_factor.py.
SECOND_FACTOR_FOR_ALL = env.bool("SECOND_FACTOR_FOR_ALL", default=False)
MFA_ADAPTER = "accounts.second_factor.MFAAdapter"
MFA_SUPPORTED_TYPES = ["totp", "webauthn", "recovery_codes"]
MFA_PASSKEY_LOGIN_ENABLED = True
MFA_TOTP_ISSUER = "Threshold guidance portal"
# A slow typist, and a clock that is a little wrong, get half a minute before and after.
MFA_TOTP_TOLERANCE = 1
MFA_FORMS = {
    "authenticate": "accounts.second_factor_forms.AuthenticateForm",
    "reauthenticate": "accounts.second_factor_forms.ReauthenticateForm",
    "activate_totp": "accounts.second_factor_forms.SetUpAppForm",
    "add_webauthn": "accounts.second_factor_forms.AddPasskeyForm",
    "edit_webauthn": "accounts.second_factor_forms.RenamePasskeyForm",
    "authenticate_webauthn": "accounts.second_factor_forms.TakesPasskey",
    "login_webauthn": "accounts.second_factor_forms.SignInByPasskeyForm",
    "reauthenticate_webauthn": "accounts.second_factor_forms.ReauthenticateByPasskeyForm",
}

# Single sign-on, for those who set it up: docs/sign-in.md.
SOCIALACCOUNT_ADAPTER = "accounts.single_sign_on.SocialAdapter"
SOCIALACCOUNT_PROVIDERS = single_sign_on(env.str("OIDC_PROVIDERS", default=""), allow_http=DEBUG)

# Tries are counted in the database, so that all processes count together.
CACHES = {
    "default": {
        "BACKEND": "accounts.cache.JSONDatabaseCache",
        "LOCATION": "portal_cache",
        "KEY_FUNCTION": "accounts.throttle.hidden_key",
        # Few enough to count quickly, too many to be pushed out by a flood of tries.
        "OPTIONS": {"MAX_ENTRIES": 100_000},
    },
    # What one process counts for itself.
    "process": {
        "BACKEND": "django.core.cache.backends.locmem.LocMemCache",
        "KEY_FUNCTION": "accounts.throttle.hidden_key",
        "OPTIONS": {"MAX_ENTRIES": 10_000},
    },
}
# Searches, which take a processor's time, from one address of the network to one process: as
# many as a room of people in training needs. Of long texts, fewer.
FINDS_A_MINUTE = {"any": 120, "long": 20}

EMAIL_CONFIG = env.email_url(
    "EMAIL_URL", default="consolemail://" if DEBUG else "smtp://localhost:25"
)
vars().update(EMAIL_CONFIG)
# Seconds. A mail server that does not answer must not hold up whoever records.
EMAIL_TIMEOUT = env.int("EMAIL_TIMEOUT", default=5)
DEFAULT_FROM_EMAIL = env.str("DEFAULT_FROM_EMAIL", default="threshold-portal@localhost")
# Where links in emails lead to.
PORTAL_URL = env.str(
    "PORTAL_URL", default="http://127.0.0.1:8000" if DEBUG else f"https://{ALLOWED_HOSTS[0]}"
).rstrip("/")

# Every erasure is written here too, outside the database: a backup that is restored may bring
# back what was erased since, and `apply_erasures` takes it out again.
ERASURE_LEDGER = Path(env.str("ERASURE_LEDGER", default=str(BASE_DIR / "erasures.jsonl")))

# Where backups are, for /ready/?backups to say whether they are taken and tried.
BACKUP_FOLDER = env.str("BACKUP_FOLDER", default="")

LANGUAGE_CODE = "en-gb"
TIME_ZONE = "Europe/London"
USE_I18N = False
USE_TZ = True

STATIC_URL = "/static/"
STATIC_ROOT = BASE_DIR / "staticfiles"
STATICFILES_DIRS = [BASE_DIR / "static"]
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {
        "BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"
        if DEBUG
        else "whitenoise.storage.CompressedManifestStaticFilesStorage"
    },
}
MESSAGE_STORAGE = "django.contrib.messages.storage.session.SessionStorage"
FIXTURE_DIRS = [BASE_DIR / "fixtures"]

SESSION_ENGINE = "accounts.sessions"
CSRF_FAILURE_VIEW = "accounts.views.no_token"
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = not DEBUG
SESSION_COOKIE_HTTPONLY = CSRF_COOKIE_HTTPONLY = True
if not DEBUG:
    # Browsers take these names from this very host alone, and over TLS alone.
    SESSION_COOKIE_NAME, CSRF_COOKIE_NAME = "__Host-session", "__Host-csrf"
SESSION_EXPIRE_AT_BROWSER_CLOSE = True
# The same for what protects forms: templates/site/cookies.md says so.
CSRF_COOKIE_AGE = None
# Whoever leaves the computer is signed out, and warned before: accounts/middleware.py.
IDLE_SECONDS = SESSION_COOKIE_AGE = env.int("IDLE_SECONDS", default=15 * 60)
IDLE_WARNING_SECONDS = min(120, IDLE_SECONDS // 2)
IDLE_WRITE_SECONDS = min(60, IDLE_SECONDS // 15)
SIGNED_IN_SECONDS = env.int("SIGNED_IN_SECONDS", default=12 * 60 * 60)
SECURE_SSL_REDIRECT = env.bool("SECURE_SSL_REDIRECT", default=not DEBUG)
BEHIND_PROXY = env.bool("BEHIND_PROXY", default=False)
SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https") if BEHIND_PROXY else None
# The last address in X-Forwarded-For is the one that our own proxy saw; others can be made up.
ALLAUTH_TRUSTED_PROXY_COUNT = int(BEHIND_PROXY)
SECURE_HSTS_SECONDS = 0 if DEBUG else 31_536_000
SECURE_HSTS_INCLUDE_SUBDOMAINS = not DEBUG
# Asking browsers to preload a domain is for the domain's owner to decide, not for one site on it.
# SQLite leaves out the further columns of the desk's indexes, and finds the same without them.
SILENCED_SYSTEM_CHECKS = ["security.W021", "models.W040"]
SECURE_REFERRER_POLICY = "same-origin"
X_FRAME_OPTIONS = "DENY"
CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": [NONE],
        "script-src": [SELF],
        "style-src": [SELF],
        "img-src": [SELF],
        "font-src": [SELF],
        "connect-src": [SELF],
        "form-action": [SELF],
        "frame-ancestors": [NONE],
        "base-uri": [NONE],
    }
}
PERMISSIONS_POLICY = {
    name: []
    for name in (
        *("accelerometer", "autoplay", "camera", "display-capture", "geolocation"),
        *("gyroscope", "hid", "magnetometer", "microphone", "midi", "payment", "serial", "usb"),
    )
}

LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "filters": {"without_tokens": {"()": "portal.logs.WithoutTokens"}},
    "formatters": {"readable": {}, "json": {"()": "portal.logs.as_json"}},
    "handlers": {
        "console": {
            "class": "logging.StreamHandler",
            "formatter": "readable" if DEBUG else "json",
        },
        "nowhere": {"class": "logging.NullHandler"},
    },
    "root": {"handlers": ["console"], "level": "WARNING"},
    "loggers": {
        # Its own handler would send each error by email, whole.
        "django": {"handlers": [], "level": "INFO" if DEBUG else "WARNING"},
        # They have handlers of their own, which write addresses.
        "gunicorn.error": {"handlers": ["console"], "level": "INFO", "propagate": False},
        "gunicorn.access": {"handlers": ["nowhere"], "propagate": False},
        # It would write letters of a child's name that its fonts do not have into the log.
        "weasyprint": {"handlers": ["nowhere"], "propagate": False},
        "portal.requests": {"level": "WARNING" if DEBUG else "INFO"},
        "portal.sign_ins": {"level": "WARNING" if DEBUG else "INFO"},
        # These write the address of every request that was refused or that failed. A request
        # that was refused has its line in portal.requests.
        "django.request": {
            "filters": ["without_tokens"],
            "level": "WARNING" if DEBUG else "ERROR",
        },
        "django.security.csrf": {"filters": ["without_tokens"]},
    },
}
# Python would print a warning with the value that it is about.
captureWarnings(not DEBUG)

if unsafe := problems(globals()):
    raise ImproperlyConfigured(" ".join(unsafe))
