"""People and agencies, for those who look after the accounts."""

from django import forms
from django.contrib import admin
from django.contrib.auth.admin import UserAdmin
from django.contrib.auth.forms import AdminUserCreationForm, UserChangeForm

from accounts.models import Agency, Membership, User
from accounts.views import admin_sign_in

admin.site.site_header = admin.site.site_title = "Threshold guidance portal"
admin.site.index_title = "Guidance and accounts"
# The one way in is our own sign-in page.
admin.site.login = admin_sign_in


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


class MembershipInline(admin.TabularInline):
    model = Membership
    autocomplete_fields = ("user", "agency")
    extra = 0


@admin.register(User)
class PersonAdmin(UserAdmin):
    form = PersonForm
    add_form = NewPersonForm
    inlines = (MembershipInline,)
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


@admin.register(Agency)
class AgencyAdmin(admin.ModelAdmin):
    inlines = (MembershipInline,)
    list_display = ("name", "kind", "phone")
    list_filter = ("kind",)
    search_fields = ("name",)


@admin.register(Membership)
class MembershipAdmin(admin.ModelAdmin):
    list_display = ("user", "agency", "role")
    list_filter = ("role", "agency")
    search_fields = ("user__email", "user__name", "agency__name")
    autocomplete_fields = ("user", "agency")
