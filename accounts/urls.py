"""Addresses for signing in and out. Only what has a page of ours is here: no sign-up."""

from allauth.account import views as allauth_views
from allauth.mfa.base import views as mfa
from allauth.mfa.recovery_codes import views as codes
from django.urls import path, re_path
from django.views.decorators.cache import never_cache

from accounts import second_factor_views as factor
from accounts import single_sign_on_views as sign_on
from accounts import views

PAGES = (
    ("login/", views.SignIn.as_view(), "account_login"),
    ("logout/", allauth_views.logout, "account_logout"),
    ("signed-out/", views.signed_out, "account_signed_out"),
    ("stay/", views.stay, "account_stay"),
    ("places/", views.where_signed_in, "account_places"),
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
    # The second factor. SecondFactorFirst knows these pages by `mfa_`.
    ("security/", factor.Security.as_view(), "mfa_index"),
    ("security/app/", factor.SetUpApp.as_view(), "mfa_activate_totp"),
    ("security/app/remove/", factor.RemoveApp.as_view(), "mfa_deactivate_totp"),
    ("security/codes/", factor.RecoveryCodes.as_view(), "mfa_view_recovery_codes"),
    ("security/codes/new/", factor.NewRecoveryCodes.as_view(), "mfa_generate_recovery_codes"),
    ("security/codes/file/", codes.download_recovery_codes, "mfa_download_recovery_codes"),
    ("security/passkey/", factor.AddPasskey.as_view(), "mfa_add_webauthn"),
    ("security/passkey/<int:pk>/name/", factor.RenamePasskey.as_view(), "mfa_edit_webauthn"),
    ("security/passkey/<int:pk>/remove/", factor.RemovePasskey.as_view(), "mfa_remove_webauthn"),
    ("login/code/", factor.Authenticate.as_view(), "mfa_authenticate"),
    ("login/passkey/", factor.SignInByPasskey.as_view(), "mfa_login_webauthn"),
    ("login/with/<slug:provider_id>/", sign_on.sign_on, "account_sign_on"),
    ("login/from/<slug:provider_id>/", sign_on.sign_on_back, "openid_connect_callback"),
    ("reauthenticate/code/", mfa.reauthenticate, "mfa_reauthenticate"),
    (
        "reauthenticate/passkey/",
        factor.ReauthenticateByPasskey.as_view(),
        "mfa_reauthenticate_webauthn",
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
