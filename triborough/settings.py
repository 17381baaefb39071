"""Settings: one file, every value from the environment.

The error for a missing variable says what to set. With DEBUG on (`make run` sets it),
nothing needs to be set.
"""

from pathlib import Path
from urllib.parse import urlsplit

import environ
from celery.schedules import crontab
from csp.constants import NONCE, NONE, SELF
from django.core.exceptions import ImproperlyConfigured

BASE_DIR = Path(__file__).resolve().parent.parent
DATA_DIR = BASE_DIR / ".data"

env = environ.Env()

DEBUG = env.bool("DEBUG", default=False)
SECRET_KEY = env.str("SECRET_KEY", default="")
if not SECRET_KEY:
    if not DEBUG:
        raise ImproperlyConfigured(
            "SECRET_KEY is not set. Set it to a long random text that only this "
            "deployment knows, for example the output of "
            "`python -c 'import secrets; print(secrets.token_urlsafe(50))'`. "
            "To try the project on your own machine, use `make run`."
        )
    SECRET_KEY = "for-development-on-one-machine-only-" + "0" * 24
ALLOWED_HOSTS = env.list(
    "ALLOWED_HOSTS", default=["localhost", "127.0.0.1", "[::1]"] if DEBUG else []
)
CSRF_TRUSTED_ORIGINS = env.list("CSRF_TRUSTED_ORIGINS", default=[])
# Only off if people reach the site without TLS, such as on one machine.
HTTPS = env.bool("HTTPS", default=not DEBUG)

INSTALLED_APPS = [
    "django.contrib.admin",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "whitenoise.runserver_nostatic",
    "django.contrib.staticfiles",
    "pgtrigger",
    "rest_framework",
    "knox",
    "drf_spectacular",
    "django_htmx",
    "axes",
    "rules.apps.AutodiscoverRulesConfig",
    "django_celery_beat",
    "triborough",
    "audit",
    "sovereignty",
    "services",
    "savings",
]

MIDDLEWARE = [
    "triborough.health.HealthMiddleware",
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "csp.middleware.CSPMiddleware",
    "django_permissions_policy.PermissionsPolicyMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
    "axes.middleware.AxesMiddleware",
]

if DEBUG:  # on the trial site too, a wrong address shows the site's own page
    MIDDLEWARE.append("triborough.problems.own_page_not_found")

ROOT_URLCONF = "triborough.urls"
WSGI_APPLICATION = "triborough.wsgi.application"

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
                "csp.context_processors.nonce",
                "triborough.context.site",
            ],
        },
    },
]

# PostgreSQL only: by URL, or the one that came with the Python packages.
if env.str("DATABASE_URL", default=""):
    DATABASES = {"default": env.db("DATABASE_URL")}
else:
    from triborough.embedded import database_settings

    DATABASES = {"default": database_settings(DATA_DIR / "postgres")}
DATABASES["default"]["ATOMIC_REQUESTS"] = False
DATABASES["default"]["CONN_MAX_AGE"] = env.int("CONN_MAX_AGE", default=60)
DATABASES["default"]["CONN_HEALTH_CHECKS"] = True

DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
AUTH_USER_MODEL = "sovereignty.User"
AUTHENTICATION_BACKENDS = [
    "axes.backends.AxesStandaloneBackend",
    "rules.permissions.ObjectPermissionBackend",
    "django.contrib.auth.backends.ModelBackend",
]
PASSWORD_HASHERS = [
    "django.contrib.auth.hashers.Argon2PasswordHasher",
    "django.contrib.auth.hashers.PBKDF2PasswordHasher",
]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": f"django.contrib.auth.password_validation.{name}"}
    for name in (
        "UserAttributeSimilarityValidator",
        "MinimumLengthValidator",
        "CommonPasswordValidator",
        "NumericPasswordValidator",
    )
]
# How long the link works by which an invited person chooses a password, in seconds: a week.
PASSWORD_RESET_TIMEOUT = 7 * 24 * 3600
LOGIN_URL = "login"
LOGIN_REDIRECT_URL = "home"
LOGOUT_REDIRECT_URL = "login"

# Five wrong passwords for one username from one address mean a wait of 15 minutes.
AXES_FAILURE_LIMIT = env.int("SIGN_IN_FAILURE_LIMIT", default=5)
AXES_COOLOFF_TIME = 0.25
AXES_CLIENT_IP_CALLABLE = "triborough.addresses.client_address"
AXES_LOCKOUT_PARAMETERS = [["username", "ip_address"]]
AXES_HTTP_RESPONSE_CODE = 429
AXES_LOCKOUT_TEMPLATE = "429.html"
AXES_RESET_ON_SUCCESS = True
AXES_ENABLE_ADMIN = False
AXES_VERBOSE = False

LANGUAGE_CODE = "en-gb"
TIME_ZONE = "Europe/London"
USE_I18N = False
USE_TZ = True

# A return's form has about 17 controls a row, so this is room for about 500 rows.
DATA_UPLOAD_MAX_NUMBER_FIELDS = 10_000

STATIC_URL = "static/"
STATIC_ROOT = BASE_DIR / ".data" / "static"
STATICFILES_DIRS = [BASE_DIR / "static"]
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {
        "BACKEND": (
            "django.contrib.staticfiles.storage.StaticFilesStorage"
            if DEBUG
            else "whitenoise.storage.CompressedManifestStaticFilesStorage"
        )
    },
}

# The published record, as data.
RECORD_DIR = BASE_DIR / "fixtures" / "record"
DEMONSTRATION_DIR = BASE_DIR / "fixtures" / "demonstration"
DEMO_PASSWORD = env.str("DEMO_PASSWORD", default="") or "triborough-demo"
# What `make services` and docker-compose.yml load after they have migrated.
LOAD = env.str("LOAD", default="")
if LOAD not in ("", "record", "demonstration"):
    raise ImproperlyConfigured(
        f"LOAD is {LOAD!r}. Set it to “record” to load the published record, or to "
        "“demonstration” to load the record and the demonstration. Leave it out to load nothing: "
        "the first administrator then sets up a partnership in the browser."
    )

# The file of a form that is too long is skipped and not kept.
FILE_UPLOAD_HANDLERS = [
    "savings.uploads.parts.Bounded",
    "django.core.files.uploadhandler.MemoryFileUploadHandler",
    "django.core.files.uploadhandler.TemporaryFileUploadHandler",
]

# --- Headers -----------------------------------------------------------------
CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": [SELF],
        "script-src": [SELF],
        "style-src": [SELF, NONCE],
        "img-src": [SELF, "data:"],
        "object-src": [NONE],
        "base-uri": [NONE],
        "form-action": [SELF],
        "frame-ancestors": [NONE],
    }
}
PERMISSIONS_POLICY: dict[str, list[str]] = {
    "camera": [],
    "geolocation": [],
    "microphone": [],
    "payment": [],
    "usb": [],
}
SECURE_REFERRER_POLICY = "same-origin"
X_FRAME_OPTIONS = "DENY"
SESSION_COOKIE_HTTPONLY = True
SESSION_COOKIE_SAMESITE = "Lax"
CSRF_COOKIE_HTTPONLY = True
SESSION_COOKIE_SECURE = HTTPS
CSRF_COOKIE_SECURE = HTTPS
SECURE_SSL_REDIRECT = HTTPS
SECURE_HSTS_SECONDS = 31_536_000 if HTTPS else 0
SECURE_HSTS_INCLUDE_SUBDOMAINS = HTTPS
SECURE_HSTS_PRELOAD = HTTPS
BEHIND_PROXY = env.bool("BEHIND_PROXY", default=False)
if BEHIND_PROXY:
    # Only if the proxy in front sets this header itself.
    SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")

# --- API -----------------------------------------------------------------------
REST_FRAMEWORK = {
    "DEFAULT_AUTHENTICATION_CLASSES": [
        "triborough.api_requests.KnownToken",
        "rest_framework.authentication.SessionAuthentication",
    ],
    "DEFAULT_PERMISSION_CLASSES": ["sovereignty.permissions.Appointed"],
    "DEFAULT_RENDERER_CLASSES": ["rest_framework.renderers.JSONRenderer"],
    "DEFAULT_PARSER_CLASSES": ["triborough.api_requests.StrictJSON"],
    "DEFAULT_CONTENT_NEGOTIATION_CLASS": "triborough.api_requests.AlwaysJSON",
    "DEFAULT_METADATA_CLASS": None,
    "DEFAULT_PAGINATION_CLASS": "triborough.api_pages.Pages",
    "DEFAULT_SCHEMA_CLASS": "triborough.api_schema.CallSchema",
    "DEFAULT_THROTTLE_CLASSES": ["rest_framework.throttling.UserRateThrottle"],
    "DEFAULT_THROTTLE_RATES": {
        "user": env.str("API_RATE", default="1200/min"),
        "token": env.str("TOKEN_RATE", default="30/min"),
    },
    # The caller's address is the one that the proxy saw, never what the caller says.
    "NUM_PROXIES": 1 if BEHIND_PROXY else 0,
    "EXCEPTION_HANDLER": "triborough.problems.problem_details",
    "URL_FORMAT_OVERRIDE": None,
    "TEST_REQUEST_DEFAULT_FORMAT": "json",
}
SPECTACULAR_SETTINGS = {
    "TITLE": "Tri-borough",
    "VERSION": "1",
    "DESCRIPTION": "What councils that share services promised to save, and what they delivered.",
    "SERVE_INCLUDE_SCHEMA": False,
    "SCHEMA_PATH_PREFIX": r"/api/v1",
    "COMPONENT_SPLIT_REQUEST": True,
    "ENUM_NAME_OVERRIDES": {
        "EntryKind": "savings.returns.models.Entry.Kind",
        "FigureMeasure": "savings.comparison.serializers.MEASURES",
        "PlanKind": "savings.plans.models.Plan.Kind",
        "ForecastStatus": "savings.returns.models.Forecast.Status",
        "RuleKind": "savings.formulas.models.AttributionRule.Kind",
        "ReturnStatus": "savings.returns.models.Return.Status",
        "PeriodStatus": "savings.quarters.models.Period.Status",
        "ProposalStanding": "savings.agreements.reports.ProposalStanding",
        "Provenance": "services.provenance.Provenance",
        "ServiceState": "services.states.CHOICES",
    },
}
REST_KNOX = {"AUTO_REFRESH": False}

# --- Email -----------------------------------------------------------------------
# Without EMAIL_URL, emails are printed if DEBUG is on, and otherwise not sent.
SENDS_EMAIL = DEBUG or bool(env.str("EMAIL_URL", default=""))
_email = env.email_url_config(
    env.str("EMAIL_URL", default="") or ("consolemail://" if DEBUG else "dummymail://")
)
EMAIL_BACKEND = _email["EMAIL_BACKEND"]
EMAIL_HOST = _email["EMAIL_HOST"] or "localhost"
EMAIL_USE_TLS = _email.get("EMAIL_USE_TLS", False)
EMAIL_USE_SSL = _email.get("EMAIL_USE_SSL", False)
EMAIL_PORT = _email["EMAIL_PORT"] or (587 if EMAIL_USE_TLS else 465 if EMAIL_USE_SSL else 25)
EMAIL_HOST_USER = _email["EMAIL_HOST_USER"] or ""
EMAIL_HOST_PASSWORD = _email["EMAIL_HOST_PASSWORD"] or ""
EMAIL_TIMEOUT = 10
# The start of links in emails, which need the full address.
SITE_URL = env.str("SITE_URL", default="").rstrip("/")
if not SITE_URL:
    _host = next((host for host in ALLOWED_HOSTS if host[0] not in ".*["), "localhost")
    SITE_URL = (
        f"https://{_host}" if HTTPS else f"http://{_host}:{env.str('PORT', default='') or 8000}"
    )
EMAIL_FROM = env.str("EMAIL_FROM", default="") or (
    f"Tri-borough <tri-borough@{urlsplit(SITE_URL).hostname}>"
)
DEFAULT_FROM_EMAIL = SERVER_EMAIL = EMAIL_FROM

# --- Tasks -----------------------------------------------------------------------
# Without REDIS_URL, a task runs in process after the commit.
REDIS_URL = env.str("REDIS_URL", default="")
CELERY_BROKER_URL = REDIS_URL or "memory://localhost/"
CELERY_TASK_ALWAYS_EAGER = not REDIS_URL
CELERY_TASK_EAGER_PROPAGATES = False
CELERY_TASK_ACKS_LATE = True
CELERY_TASK_REJECT_ON_WORKER_LOST = True
CELERY_TASK_IGNORE_RESULT = True
CELERY_WORKER_PREFETCH_MULTIPLIER = 1
CELERY_BROKER_CONNECTION_RETRY_ON_STARTUP = True
CELERY_BROKER_TRANSPORT_OPTIONS = {
    "visibility_timeout": 3600,
    "socket_connect_timeout": 2,
    "socket_timeout": 10,
    "max_retries": 1,
}
CELERY_TASK_PUBLISH_RETRY_POLICY = {"max_retries": 1, "interval_start": 0, "interval_step": 0.2}
CELERY_TIMEZONE = TIME_ZONE
CELERY_BEAT_SCHEDULER = "django_celery_beat.schedulers:DatabaseScheduler"
CELERY_BEAT_SCHEDULE = {
    "rollup-sweep": {"task": "savings.rollup.sweep", "schedule": crontab(minute="*")},
    "remind-of-answers": {
        "task": "savings.agreements.remind",
        "schedule": crontab(hour="7", minute="30"),
    },
    "reminders": {"task": "savings.calendar.remind", "schedule": crontab(hour="7", minute="30")},
    "uploads-sweep": {"task": "savings.uploads.sweep", "schedule": crontab(minute="*/10")},
}

if REDIS_URL:
    CACHES = {
        "default": {
            "BACKEND": "django.core.cache.backends.redis.RedisCache",
            "LOCATION": REDIS_URL,
        }
    }

LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {"line": {"format": "{asctime} {levelname} {name} {message}", "style": "{"}},
    "handlers": {"console": {"class": "logging.StreamHandler", "formatter": "line"}},
    "root": {"handlers": ["console"], "level": env.str("LOG_LEVEL", default="INFO")},
}
