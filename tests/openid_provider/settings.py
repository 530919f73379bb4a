"""The settings of the provider."""

import os

DEBUG = True
SECRET_KEY = "a provider for tests alone"
ALLOWED_HOSTS = ["127.0.0.1", "localhost"]
ROOT_URLCONF = "tests.openid_provider.urls"
INSTALLED_APPS = [
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "oauth2_provider",
]
MIDDLEWARE = [
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
]
TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [os.path.dirname(__file__)],
        "APP_DIRS": True,
        "OPTIONS": {"context_processors": ["django.template.context_processors.request"]},
    }
]
DATABASES = {
    "default": {"ENGINE": "django.db.backends.sqlite3", "NAME": os.environ.get("PROVIDER_DATABASE")}
}
# Tables straight from the models: quicker than the history of each app.
MIGRATION_MODULES = {name.split(".")[-1]: None for name in INSTALLED_APPS}
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
USE_TZ = True
LOGIN_URL = "/sign-in/"
# A cookie is for a host, whatever its port: the portal has one with the usual name.
SESSION_COOKIE_NAME = "provider-session"
CSRF_COOKIE_NAME = "provider-token"
OAUTH2_PROVIDER = {
    "OIDC_ENABLED": True,
    "OIDC_RSA_PRIVATE_KEY": os.environ.get("PROVIDER_KEY", ""),
    "OAUTH2_VALIDATOR_CLASS": "tests.openid_provider.validator.Validator",
    "PKCE_REQUIRED": True,
    "SCOPES": {"openid": "Who you are", "email": "Your email address"},
}
