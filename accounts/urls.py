"""Addresses for signing in and out. Only what has a page of ours is here: no sign-up."""

from allauth.account import views as allauth_views
from django.urls import path, re_path
from django.views.decorators.cache import never_cache

from accounts import views

PAGES = (
    ("login/", views.SignIn.as_view(), "account_login"),
    ("logout/", allauth_views.logout, "account_logout"),
    ("inactive/", allauth_views.account_inactive, "account_inactive"),
    ("signup/", allauth_views.signup, "account_signup"),
    ("reauthenticate/", views.Reauthenticate.as_view(), "account_reauthenticate"),
    ("password/change/", views.ChangePassword.as_view(), "account_change_password"),
    ("password/set/", views.SetPassword.as_view(), "account_set_password"),
    ("password/reset/", views.ResetPassword.as_view(), "account_reset_password"),
    ("password/reset/done/", allauth_views.password_reset_done, "account_reset_password_done"),
    (
        "password/reset/key/done/",
        allauth_views.password_reset_from_key_done,
        "account_reset_password_from_key_done",
    ),
)

urlpatterns = [
    *(path(route, never_cache(view), name=name) for route, view, name in PAGES),
    re_path(
        r"^password/reset/key/(?P<uidb36>[0-9A-Za-z]+)-(?P<key>.+)/$",
        never_cache(views.ResetPasswordFromKey.as_view()),
        name="account_reset_password_from_key",
    ),
]
