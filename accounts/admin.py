"""People and agencies, for those who look after the accounts."""

from contextlib import AbstractContextManager
from typing import Any

from allauth.account.models import EmailAddress
from allauth.mfa.models import Authenticator
from allauth.socialaccount.models import SocialAccount, SocialApp, SocialToken
from django import forms
from django.contrib import admin, messages
from django.contrib.admin.utils import unquote
from django.contrib.auth.admin import UserAdmin
from django.contrib.auth.forms import AdminUserCreationForm, UserChangeForm
from django.db.models import Model, QuerySet
from django.http import HttpRequest, HttpResponseBase

from accounts import second_factor
from accounts.admin_events import told_account, told_memberships, told_sign_on_link
from accounts.models import Agency, Membership, User
from accounts.views import admin_sign_in

admin.site.site_header = admin.site.site_title = "Threshold guidance portal"
admin.site.index_title = "Guidance and accounts"
# The one way in is our own sign-in page.
admin.site.login = admin_sign_in
# Nobody looks at the secrets of an authenticator app, or adds a provider that we would ask about
# people, or a second address, to which allauth would send a link for a new password. PersonAdmin
# removes what a person has.
admin.site.unregister([Authenticator, EmailAddress, SocialAccount, SocialApp, SocialToken])


class LowercaseEmail(forms.ModelForm):
    """A person has one address, however it is typed."""

    def clean_email(self) -> str:
        return self.cleaned_data["email"].lower()


class NewPersonForm(LowercaseEmail, AdminUserCreationForm):
    class Meta:
        model = User
        fields = ("email", "name")


class PersonForm(LowercaseEmail, UserChangeForm):
    class Meta:
        model = User
        fields = "__all__"  # noqa: DJ007 - the admin's fieldsets choose
        help_texts = {
            "is_editor": "An editor sees no conversation. Tick “Staff status” too: most lists of "
            "an edition are changed here."
        }


class MembershipInline(admin.TabularInline):
    model = Membership
    autocomplete_fields = ("user", "agency")
    extra = 0


class TellsMemberships(admin.ModelAdmin):
    """What is done here to memberships is told in the chains of their agencies."""

    # What a membership calls the rows of this page.
    membership_field: str

    def told(self, request: HttpRequest, keys: list[int]) -> AbstractContextManager[None]:
        wanted = {f"{self.membership_field}__in": keys}
        return told_memberships(lambda: Membership.objects.filter(**wanted), by=request.user)

    def save_formset(
        self, request: HttpRequest, form: forms.ModelForm, formset: Any, change: bool
    ) -> None:
        with self.told(request, [form.instance.pk]):
            super().save_formset(request, form, formset, change)

    def delete_model(self, request: HttpRequest, obj: Model) -> None:
        with self.told(request, [obj.pk]):
            super().delete_model(request, obj)

    def delete_queryset(self, request: HttpRequest, queryset: QuerySet) -> None:
        with self.told(request, list(queryset.values_list("pk", flat=True))):
            super().delete_queryset(request, queryset)


@admin.register(User)
class PersonAdmin(TellsMemberships, UserAdmin):
    membership_field = "user"
    form = PersonForm
    add_form = NewPersonForm
    inlines = (MembershipInline,)
    actions = ("remove_second_factor", "remove_sign_on_link")
    ordering = ("email",)
    list_display = ("email", "name", "job_title", "is_active", "is_editor", "is_staff")
    list_filter = ("is_active", "is_editor", "is_staff", "memberships__agency")
    search_fields = ("email", "name")
    readonly_fields = ("last_login", "date_joined")
    fieldsets = (
        (None, {"fields": ("email", "password", "name", "job_title")}),
        (
            "What they may do",
            {
                "fields": (
                    "is_active",
                    "is_editor",
                    "is_staff",
                    "is_superuser",
                    "groups",
                    "user_permissions",
                )
            },
        ),
        ("Dates", {"fields": ("last_login", "date_joined")}),
    )
    add_fieldsets = (
        (None, {"fields": ("email", "name", "usable_password", "password1", "password2")}),
    )

    def save_model(
        self, request: HttpRequest, obj: User, form: forms.ModelForm, change: bool
    ) -> None:
        with told_account(obj, by=request.user):
            super().save_model(request, obj, form, change)

    def user_change_password(
        self, request: HttpRequest, id: str, form_url: str = ""
    ) -> HttpResponseBase:
        """Set somebody's password, as the admin does, and tell it."""
        person = self.get_object(request, unquote(id))
        if person is None:
            return super().user_change_password(request, id, form_url)
        with told_account(person, by=request.user):
            return super().user_change_password(request, id, form_url)

    @admin.action(
        description="Remove the second step to sign in (for a lost phone)", permissions=["change"]
    )
    def remove_second_factor(self, request: HttpRequest, people: QuerySet[User]) -> None:
        for user in people:
            second_factor.remove_all(user, by=request.user)
            self.log_change(request, user, "Removed the second step to sign in")
        names = ", ".join(people.values_list("email", flat=True))
        messages.success(request, f"Removed. They sign in with their password: {names}.")

    @admin.action(
        description="Remove the link to single sign-on (for a new account there)",
        permissions=["change"],
    )
    def remove_sign_on_link(self, request: HttpRequest, people: QuerySet[User]) -> None:
        for user in people:
            with told_sign_on_link(user, by=request.user):
                SocialAccount.objects.filter(user=user).delete()
                self.log_change(request, user, "Removed the link to single sign-on")
        names = ", ".join(people.values_list("email", flat=True))
        messages.success(request, f"Removed. The next single sign-on links them again: {names}.")


@admin.register(Agency)
class AgencyAdmin(TellsMemberships):
    membership_field = "agency"
    inlines = (MembershipInline,)
    list_display = ("name", "kind", "phone")
    list_filter = ("kind",)
    search_fields = ("name",)


@admin.register(Membership)
class MembershipAdmin(TellsMemberships):
    membership_field = "pk"
    list_display = ("user", "agency", "role", "suspended_at")
    list_filter = ("role", "agency")
    search_fields = ("user__email", "user__name", "agency__name")
    autocomplete_fields = ("user", "agency")

    def save_model(
        self, request: HttpRequest, obj: Membership, form: forms.ModelForm, change: bool
    ) -> None:
        with told_memberships(lambda: Membership.objects.filter(pk=obj.pk), by=request.user):
            super().save_model(request, obj, form, change)
