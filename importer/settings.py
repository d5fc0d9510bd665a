"""All settings, read from the environment. A fresh checkout runs with nothing set.

Everything the product writes lies under `DATA_DIR`.
"""

import os
import secrets
import tempfile
from contextlib import suppress
from pathlib import Path
from urllib.parse import urlsplit

import django_stubs_ext
import environ
from cryptography.fernet import Fernet

django_stubs_ext.monkeypatch()  # generic classes of Django take type arguments at run time too

env = environ.Env()

BASE_DIR = Path(__file__).resolve().parent.parent
DATA_DIR = Path(env.str("DATA_DIR", default=str(BASE_DIR / "var"))).resolve()
DATA_DIR.mkdir(parents=True, exist_ok=True)


def _kept_secret(name: str, new: str) -> str:
    """The secret in the file `name` under `DATA_DIR`; `new` is written there the first time."""
    path = DATA_DIR / name
    if not path.exists():
        with tempfile.NamedTemporaryFile("w", dir=DATA_DIR, prefix=f".{name}-") as file:
            file.write(new)
            file.flush()
            with suppress(FileExistsError):
                os.link(file.name, path)  # whole or not at all, and only by the first
    return path.read_text()


# Security -----------------------------------------------------------------------------------

DEBUG = env.bool("DEBUG", default=False)
SECRET_KEY = env.str("SECRET_KEY", default="") or _kept_secret(
    "secret_key", secrets.token_urlsafe(50)
)
# The keys that encrypt what connections keep; the first encrypts, all of them decrypt.
ENCRYPTION_KEYS = env.list("ENCRYPTION_KEYS", default=[]) or [
    _kept_secret("encryption_key", Fernet.generate_key().decode())
]
BASE_URL = env.str("BASE_URL", default="http://localhost:8000").rstrip("/")
ALLOWED_HOSTS = env.list(
    "ALLOWED_HOSTS", default=[urlsplit(BASE_URL).hostname or "", "localhost", "127.0.0.1", "[::1]"]
)
CSRF_TRUSTED_ORIGINS = [BASE_URL]

HTTPS = BASE_URL.startswith("https://")
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = HTTPS
SECURE_SSL_REDIRECT = HTTPS
SECURE_HSTS_SECONDS = 31_536_000 if HTTPS else 0
SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https") if HTTPS else None
SECURE_REFERRER_POLICY = "same-origin"
X_FRAME_OPTIONS = "DENY"
CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": ["'self'"],
        "img-src": ["'self'", "data:"],
        "base-uri": ["'none'"],
        "form-action": ["'self'"],
        "frame-ancestors": ["'none'"],
        "object-src": ["'none'"],
    }
}

# The application ----------------------------------------------------------------------------

INSTALLED_APPS = [
    "importer.teams",
    "importer.audit",
    "importer.import_templates",
    "importer.imports",
    "importer.practice",
    "django.contrib.admin",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.humanize",
    "django.contrib.messages",
    "django.contrib.sessions",
    "whitenoise.runserver_nostatic",
    "django.contrib.staticfiles",
    "django.forms",
    "allauth",
    "allauth.account",
    "csp",
    "django_htmx",
    "template_partials",
]

MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    "csp.middleware.CSPMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "importer.teams.accounts.LogInFirst",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "allauth.account.middleware.AccountMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
]

ROOT_URLCONF = "importer.urls"
WSGI_APPLICATION = "importer.wsgi.application"
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "templates"],
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
FORM_RENDERER = "django.forms.renderers.TemplatesSetting"

LANGUAGE_CODE = "en"
TIME_ZONE = env.str("TIME_ZONE", default="UTC")
USE_I18N = False
USE_TZ = True
USE_THOUSAND_SEPARATOR = False

# People -------------------------------------------------------------------------------------

AUTH_USER_MODEL = "teams.User"
AUTHENTICATION_BACKENDS = ["allauth.account.auth_backends.AuthenticationBackend"]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": f"django.contrib.auth.password_validation.{name}"}
    for name in (
        "UserAttributeSimilarityValidator",
        "MinimumLengthValidator",
        "CommonPasswordValidator",
        "NumericPasswordValidator",
    )
]
LOGIN_URL = "account_login"
LOGIN_REDIRECT_URL = "imports:list"
ACCOUNT_ADAPTER = "importer.teams.accounts.ClosedSignup"
ACCOUNT_LOGIN_METHODS = {"username"}
ACCOUNT_SIGNUP_FIELDS = ["username*", "email", "password1*"]
ACCOUNT_EMAIL_VERIFICATION = "none"
ACCOUNT_LOGOUT_REDIRECT_URL = "account_login"
ACCOUNT_SESSION_REMEMBER = True
EMAIL_CONFIG = env.email_url("EMAIL_URL", default="consolemail://")
vars().update(EMAIL_CONFIG)
EMAIL_TIMEOUT = env.float("EMAIL_TIMEOUT_S", default=10)
DEFAULT_FROM_EMAIL = env.str("DEFAULT_FROM_EMAIL", default="Importer <importer@localhost>")
WEBHOOK_TIMEOUT_S = env.float("WEBHOOK_TIMEOUT_S", default=5)  # for all of a message
WEBHOOK_TO_THIS_MACHINE = env.bool("WEBHOOK_TO_THIS_MACHINE", default=False)  # to try things

# Databases, queue, files: one machine by default, servers where the environment names them --

DATABASES = {
    "default": env.db_url("DATABASE_URL", default=f"sqlite:///{DATA_DIR / 'importer.sqlite3'}")
}
if "sqlite" in DATABASES["default"]["ENGINE"]:
    DATABASES["default"]["OPTIONS"] = {
        "transaction_mode": "IMMEDIATE",
        "timeout": 20,  # seconds
        "init_command": "PRAGMA journal_mode=WAL; PRAGMA synchronous=NORMAL;",
    }

CELERY_BROKER_URL = env.str("CELERY_BROKER_URL", default="filesystem://")
if CELERY_BROKER_URL.startswith("filesystem"):
    QUEUE_DIR = DATA_DIR / "queue"
    CELERY_BROKER_TRANSPORT_OPTIONS = {
        "data_folder_in": str(QUEUE_DIR / "messages"),
        "data_folder_out": str(QUEUE_DIR / "messages"),
        "control_folder": str(QUEUE_DIR / "control"),
        "polling_interval": 0.05,  # seconds
    }
    for folder in ("messages", "control"):
        (QUEUE_DIR / folder).mkdir(parents=True, exist_ok=True)
CELERY_TASK_DEFAULT_QUEUE = env.str("CELERY_QUEUE", default="importer")  # one an installation
CELERY_TASK_IGNORE_RESULT = True
CELERY_TASK_STORE_EAGER_RESULT = False
CELERY_WORKER_HIJACK_ROOT_LOGGER = False
CELERY_BROKER_CONNECTION_RETRY_ON_STARTUP = True
CELERY_BEAT_SCHEDULE_FILENAME = str(DATA_DIR / "beat-schedule")
LEASE_S = env.float("LEASE_S", default=30)  # how long a killed worker keeps a row from others
SWEEP_S = env.float("SWEEP_S", default=60)  # how often lost messages are looked for
CELERY_BEAT_SCHEDULE = {
    "sweep": {
        "task": "importer.imports.tasks.sweep",
        "schedule": SWEEP_S,
        "options": {"expires": SWEEP_S},  # a night without workers piles up none
    },
}

S3_BUCKET = env.str("S3_BUCKET", default="")  # credentials: the usual AWS_* variables
STORAGES = {
    "default": (
        {
            "BACKEND": "storages.backends.s3.S3Storage",
            "OPTIONS": {
                "bucket_name": S3_BUCKET,
                "endpoint_url": env.str("S3_ENDPOINT_URL", default=None),
                "default_acl": None,
                "file_overwrite": True,
            },
        }
        if S3_BUCKET
        else {
            "BACKEND": "django.core.files.storage.FileSystemStorage",
            "OPTIONS": {"location": DATA_DIR / "files", "allow_overwrite": True},
        }
    ),
    "staticfiles": {"BACKEND": "whitenoise.storage.CompressedManifestStaticFilesStorage"},
}
STATIC_URL = "static/"
STATIC_ROOT = DATA_DIR / "static"
STATICFILES_DIRS = [BASE_DIR / "static"]

# What one file may hold, and what the process that reads it may take.
UPLOAD_LIMIT_BYTES = env.int("UPLOAD_LIMIT_BYTES", default=250 * 1024**2)
UNZIPPED_LIMIT_BYTES = env.int("UNZIPPED_LIMIT_BYTES", default=4 * 1024**3)
UNZIPPED_RATIO_LIMIT = env.int("UNZIPPED_RATIO_LIMIT", default=200)  # to the zipped size
ARCHIVE_PARTS_LIMIT = env.int("ARCHIVE_PARTS_LIMIT", default=5_000)
COLUMN_LIMIT = env.int("COLUMN_LIMIT", default=500)
CELL_LIMIT = env.int("CELL_LIMIT", default=100_000_000)  # that hold anything
READING_MEMORY_BYTES = env.int("READING_MEMORY_BYTES", default=6 * 1024**3)  # of addresses
READING_TIMEOUT_S = env.float("READING_TIMEOUT_S", default=900)
FILE_UPLOAD_TEMP_DIR = DATA_DIR / "uploads"
FILE_UPLOAD_TEMP_DIR.mkdir(exist_ok=True)
DATA_UPLOAD_MAX_NUMBER_FIELDS = 10_000  # the columns step posts several for each column

LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {"line": {"format": "%(asctime)s %(levelname)s %(name)s: %(message)s"}},
    "handlers": {"stderr": {"class": "logging.StreamHandler", "formatter": "line"}},
    "root": {"handlers": ["stderr"], "level": env.str("LOG_LEVEL", default="INFO")},
    "loggers": {
        "django": {"handlers": [], "propagate": True},
        "httpx": {"level": "WARNING"},  # it would log every address it calls
    },
}

# The CRM ------------------------------------------------------------------------------------

CRM_TIMEOUT_S = env.float("CRM_TIMEOUT_S", default=30)
CRM_METADATA_MAX_AGE_S = env.int("CRM_METADATA_MAX_AGE_S", default=900)
PART_ROWS = env.int("PART_ROWS", default=25_000)
PARTS_AT_ONCE = env.int("PARTS_AT_ONCE", default=5)  # jobs that one CRM works on
FAILURE_LIMIT = env.int("FAILURE_LIMIT", default=25)  # percent of rows; offered to each run
UNDO_DAYS = env.int("UNDO_DAYS", default=30)  # after a run its records can be put back
PART_BYTES = env.int("PART_BYTES", default=24_000_000)  # of CSV, before it is zipped
CRM_CALLBACKS = env.bool("CRM_CALLBACKS", default=HTTPS)  # the CRM can reach `BASE_URL`
SETTLE_S = env.float("SETTLE_S", default=600)  # how long a job whose answer was lost is looked for
PRACTICE_CRM_URL = env.str("PRACTICE_CRM_URL", default="http://127.0.0.1:8765")
PRACTICE_CRM_CLIENT_ID = env.str("PRACTICE_CRM_CLIENT_ID", default="1000.PRACTICE")
PRACTICE_CRM_CLIENT_SECRET = env.str("PRACTICE_CRM_CLIENT_SECRET", default="practice-secret")
PRACTICE_CRM_REFRESH_TOKEN = env.str("PRACTICE_CRM_REFRESH_TOKEN", default="1000.practice.refresh")
