"""The guidance in the admin: what is outside the editions, and the editions themselves.

Their rows are in row_admin.py. What is missing is said in words, so that an editor sees what to
go and find out.
"""

from collections.abc import Sequence
from typing import Any

from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.db.models import Model, QuerySet
from django.http import HttpRequest
from django.urls import reverse
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.html import format_html

from thresholds import models as m
from thresholds.drafts import changing, may_edit
from thresholds.row_admin import ForEditors


class ReadOnly(ForEditors):
    """Changed by no one here."""

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return False


class CheckedAdmin(ReadOnly):
    """Rows that say who keeps them and when they were last confirmed."""

    currency: Sequence[str] = ("last_checked", "review", "kept_by")

    @admin.display(description="owner", ordering="owner")
    def kept_by(self, row: m.Checked) -> str:
        return row.owner or "No owner"

    @admin.display(description="checked on", ordering="checked_on", empty_value="Never confirmed")
    def last_checked(self, row: m.Checked) -> Any:
        return row.checked_on

    @admin.display(description="review by", ordering="review_by", empty_value="No date set")
    def review(self, row: m.Checked) -> str | None:
        if row.review_by is None:
            return None
        overdue = " (overdue)" if row.review_by < timezone.localdate() else ""
        return f"{date_format(row.review_by, 'j M Y')}{overdue}"


@admin.register(m.Partnership)
class PartnershipAdmin(ReadOnly):
    list_display = ("name", "slug")


@admin.register(m.Area)
class AreaAdmin(ReadOnly):
    list_display = ("name", "council", "partnership", "missing_contacts")
    list_select_related = ("partnership",)
    readonly_fields = ("missing_contacts",)

    def get_queryset(self, request: HttpRequest) -> QuerySet[m.Area]:
        return super().get_queryset(request).prefetch_related("contacts")

    @admin.display(description="gaps in contacts")
    def missing_contacts(self, area: m.Area) -> str:
        known = {c.purpose for c in area.contacts.all() if not c.retired_on}
        missing = [label for value, label in m.Contact.Purpose.choices if value not in known]
        return f"Missing: {'; '.join(missing)}" if missing else "None"


class CorrectedElsewhere(CheckedAdmin):
    """Rows that editors correct on pages of their own, to which this leads."""

    readonly_fields = ("put_right",)

    @admin.display(description="put right")
    def put_right(self, row: Model) -> str:
        address = reverse(f"editor_{row._meta.model_name}", args=[row.pk])
        return format_html('<a href="{}">Correct or confirm</a>', address)


@admin.register(m.Contact)
class ContactAdmin(CorrectedElsewhere):
    list_display = (
        "name",
        "area",
        "purpose",
        "phone",
        "printed_hours",
        *CheckedAdmin.currency,
        "put_right",
    )
    list_filter = ("area", "purpose", "checked_on", "review_by")
    list_select_related = ("area",)
    search_fields = ("name", "phone")

    @admin.display(description="hours", ordering="hours", empty_value="No hours printed")
    def printed_hours(self, contact: m.Contact) -> str | None:
        return contact.hours or None


@admin.register(m.Link)
class LinkAdmin(CorrectedElsewhere):
    list_display = ("name", "kind", "area_names", "section", *CheckedAdmin.currency, "put_right")
    list_filter = ("areas", "kind", "checked_on", "review_by")
    search_fields = ("name", "url")

    def get_queryset(self, request: HttpRequest) -> QuerySet[m.Link]:
        return super().get_queryset(request).prefetch_related("areas")

    @admin.display(description="areas")
    def area_names(self, link: m.Link) -> str:
        return ", ".join(area.name for area in link.areas.all())


@admin.register(m.ContactChange)
class ContactChangeAdmin(ReadOnly):
    list_display = ("__str__", "at", "by", "note")
    list_filter = ("kind",)
    list_select_related = ("contact__area", "link", "by")
    search_fields = ("note",)


@admin.register(m.Edition)
class EditionAdmin(CheckedAdmin):
    """Begun, proposed, published and discarded on the editors' own pages, never here."""

    list_display = ("title", "partnership", "source_date", "status", *CheckedAdmin.currency)
    list_filter = ("partnership", "status")
    list_select_related = ("partnership",)
    readonly_fields = ("slug", "partnership", "status", "published_on")

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        is_draft = obj is None or obj.status == m.Edition.Status.DRAFT
        return may_edit(request.user) and is_draft

    def save_model(self, request: HttpRequest, obj: Any, form: Any, change: bool) -> None:
        if not self.has_change_permission(request, obj):
            raise PermissionDenied("A published edition is never changed.")
        with changing(obj, by=request.user, what="edition"):
            names = [name for name in form.changed_data if name in form.cleaned_data]
            m.Edition.objects.filter(pk=obj.pk).update(
                **{name: form.cleaned_data[name] for name in names}
            )


@admin.register(m.FinderIndex)
class FinderIndexAdmin(ReadOnly):
    """Numbers that the computer makes from the texts: only whether they are there is to be seen."""

    list_display = ("edition",)
    list_select_related = ("edition",)
    exclude = ("vectors",)

    def get_queryset(self, request: HttpRequest) -> QuerySet[m.FinderIndex]:
        return super().get_queryset(request).defer("vectors")
