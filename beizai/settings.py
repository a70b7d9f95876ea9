"""Where the house is put together: one home, one set of settings, read once."""

import os
from pathlib import Path
from urllib.parse import parse_qsl, unquote, urlparse

from django.utils.translation import gettext_lazy as _

from beizai.base import home as homes
from beizai.base.errors import Invalid

HOME = homes.current()
PACKAGE = Path(__file__).parent


def _secret_key() -> str:
    path = HOME.keys / "django.key"
    if path.exists():
        return path.read_text(encoding="ascii").strip()
    return os.urandom(32).hex()  # no home yet: `beizai init` makes the lasting one


SECRET_KEY = _secret_key()
DEBUG = False
ALLOWED_HOSTS = [host for host in os.environ.get("BEIZAI_HOSTS", "*").split(",") if host]
CSRF_TRUSTED_ORIGINS = [origin for origin in os.environ.get("BEIZAI_ORIGINS", "").split(",") if origin]
# Private hosts and networks that webhooks may go to all the same, without HTTPS too: a program of the shop's own.
WEBHOOK_HOSTS = [host for host in os.environ.get("BEIZAI_WEBHOOK_HOSTS", "").split(",") if host]

INSTALLED_APPS = [
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "allauth",
    "allauth.account",
    "beizai.staff",
    "beizai.sources",
    "beizai.products",
    "beizai.customers",
    "beizai.consent",
    "beizai.identity",
    "beizai.events",
    "beizai.tracking",
    "beizai.messages",
    "beizai.segments",
    "beizai.campaigns",
    "beizai.imports",
    "beizai.forms",
    "beizai.appointments",
    "beizai.conversations",
    "beizai.webhooks",
    "beizai.measurement",
    "beizai.trades",
    "beizai.worker",
    "beizai.office",
]

MIDDLEWARE = [
    "django.middleware.gzip.GZipMiddleware",
    "django.middleware.security.SecurityMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.locale.LocaleMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "allauth.account.middleware.AccountMiddleware",
    "beizai.office.middleware.Office",
]

ROOT_URLCONF = "beizai.urls"
ASGI_APPLICATION = "beizai.asgi.application"

TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [PACKAGE / "office" / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "beizai.office.shell.cover",
            ],
        },
    }
]


def _postgres(url: str) -> dict[str, object]:
    parts = urlparse(url)
    if parts.scheme not in ("postgres", "postgresql"):
        raise Invalid(
            "DATABASE_URL begins with “{scheme}”.",
            hint="It must begin with postgresql://.",
            scheme=parts.scheme,
        )
    query = dict(parse_qsl(parts.query))
    return {
        "ENGINE": "django.db.backends.postgresql",
        "NAME": unquote(parts.path.lstrip("/")),
        "USER": unquote(parts.username or ""),
        "PASSWORD": unquote(parts.password or ""),
        "HOST": query.pop("host", parts.hostname or ""),
        "PORT": str(parts.port or ""),
        "OPTIONS": query,
        "CONN_MAX_AGE": 60,
    }


def _sqlite(path: Path) -> dict[str, object]:
    return {
        "ENGINE": "beizai.base.sqlite",
        "NAME": path,
        "OPTIONS": {
            "transaction_mode": "IMMEDIATE",
            "timeout": 20,
            "init_command": "PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL; PRAGMA foreign_keys=ON; "
            "PRAGMA temp_store=MEMORY; PRAGMA mmap_size=134217728; PRAGMA cache_size=-32000;",
        },
    }


DATABASE_URL = os.environ.get("DATABASE_URL", "")
DATABASES = {"default": _postgres(DATABASE_URL) if DATABASE_URL else _sqlite(HOME.office_db)}
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

AUTH_USER_MODEL = "staff.User"
AUTHENTICATION_BACKENDS = ["allauth.account.auth_backends.AuthenticationBackend"]
PASSWORD_HASHERS = [
    "django.contrib.auth.hashers.ScryptPasswordHasher",
    "django.contrib.auth.hashers.PBKDF2PasswordHasher",
]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator"},
    {"NAME": "django.contrib.auth.password_validation.MinimumLengthValidator", "OPTIONS": {"min_length": 10}},
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
]
ACCOUNT_USER_MODEL_USERNAME_FIELD = None
ACCOUNT_LOGIN_METHODS = {"email"}
ACCOUNT_SIGNUP_FIELDS = ["email*", "password1*", "password2*"]
ACCOUNT_EMAIL_VERIFICATION = "none"
ACCOUNT_ADAPTER = "beizai.office.accounts.ClosedSignup"
ACCOUNT_LOGOUT_REDIRECT_URL = "/"
ACCOUNT_LOGOUT_ON_GET = False
ACCOUNT_EMAIL_UNKNOWN_ACCOUNTS = False
ACCOUNT_PREVENT_ENUMERATION = True
ACCOUNT_SESSION_REMEMBER = True
LOGIN_URL = "account_login"
LOGIN_REDIRECT_URL = "/"
CSRF_FAILURE_VIEW = "beizai.office.errors.stale_form"
PASSWORD_RESET_TIMEOUT = 3 * 24 * 3600

SESSION_COOKIE_HTTPONLY = True
SESSION_COOKIE_SAMESITE = "Lax"
CSRF_COOKIE_SAMESITE = "Lax"
_SECURE = os.environ.get("BEIZAI_HTTPS", "") == "1"
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = _SECURE
SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https") if _SECURE else None
SECURE_CONTENT_TYPE_NOSNIFF = True
SECURE_REFERRER_POLICY = "same-origin"
X_FRAME_OPTIONS = "SAMEORIGIN"
DATA_UPLOAD_MAX_MEMORY_SIZE = 5_000_000
DATA_UPLOAD_MAX_NUMBER_FIELDS = 2_000
FILE_UPLOAD_HANDLERS = ["django.core.files.uploadhandler.TemporaryFileUploadHandler"]

LANGUAGE_CODE = "en"
LANGUAGES = [("en", _("English")), ("zh-hans", _("Chinese (simplified)")), ("fr", _("French"))]
LOCALE_PATHS = [PACKAGE / "office" / "locale"]
USE_I18N = True
USE_TZ = True
TIME_ZONE = "UTC"

LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "filters": {"number": {"()": "beizai.office.log.NumberOnFailures"}},
    "handlers": {
        "home": {
            "class": "beizai.office.log.HomeLog",
            "filename": str(HOME.log / "beizai.log"),
            "filters": ["number"],
        }
    },
    "root": {"handlers": ["home"], "level": "INFO"},
    "loggers": {"django.server": {"handlers": [], "propagate": False}},
}
