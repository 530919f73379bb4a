"""The guidance, to be looked at. Nobody changes it here: that waits for the editors' room.

What is missing is said in words, so that an editor sees what to go and find out.
"""

from collections.abc import Sequence
from typing import Any

from django.contrib import admin
from django.db.models import Model, QuerySet
from django.http import HttpRequest
from django.utils import timezone
from django.utils.formats import date_format

from thresholds import models as m

PLAIN_ROWS = (m.Domain, m.Question, m.ConsentPoint)


class ReadOnly(admin.ModelAdmin):
    """May be seen by those with the permission to view it, and changed by no one."""

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


class RowAdmin(ReadOnly):
    """A row of an edition."""

    list_display: Sequence[str] = ("__str__", "edition", "section")
    list_filter: Sequence[str] = ("edition",)
    list_select_related: Sequence[str] = ("edition",)


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
        known = {contact.purpose for contact in area.contacts.all()}
        missing = [label for value, label in m.Contact.Purpose.choices if value not in known]
        return f"Missing: {'; '.join(missing)}" if missing else "None"


@admin.register(m.Contact)
class ContactAdmin(CheckedAdmin):
    list_display = ("name", "area", "purpose", "phone", "printed_hours", *CheckedAdmin.currency)
    list_filter = ("area", "purpose", "checked_on", "review_by")
    list_select_related = ("area",)
    search_fields = ("name", "phone")

    @admin.display(description="hours", ordering="hours", empty_value="No hours printed")
    def printed_hours(self, contact: m.Contact) -> str | None:
        return contact.hours or None


@admin.register(m.Link)
class LinkAdmin(CheckedAdmin):
    list_display = ("name", "kind", "area_names", "section", *CheckedAdmin.currency)
    list_filter = ("areas", "kind", "checked_on", "review_by")
    search_fields = ("name", "url")

    def get_queryset(self, request: HttpRequest) -> QuerySet[m.Link]:
        return super().get_queryset(request).prefetch_related("areas")

    @admin.display(description="areas")
    def area_names(self, link: m.Link) -> str:
        return ", ".join(area.name for area in link.areas.all())


@admin.register(m.Edition)
class EditionAdmin(CheckedAdmin):
    list_display = ("title", "partnership", "source_date", "status", *CheckedAdmin.currency)
    list_filter = ("partnership", "status")
    list_select_related = ("partnership",)


@admin.register(m.Level)
class LevelAdmin(RowAdmin):
    list_display = ("__str__", "edition", "strengths", "is_referral", "section")


@admin.register(m.Indicator)
class IndicatorAdmin(RowAdmin):
    list_display = ("text", "code", "level", "domain", "shared_key")
    list_filter = ("edition", "level", "domain")
    list_select_related = ("level", "domain")
    search_fields = ("text", "code")


@admin.register(m.Sayings)
class SayingsAdmin(RowAdmin):
    list_display = ("indicator", "lines", "edition")
    list_select_related = ("indicator", "edition")
    search_fields = ("lines", "indicator__text", "indicator__code")


@admin.register(m.Ladder)
class LadderAdmin(RowAdmin):
    list_display = ("name", "code", "summary", "edition")
    search_fields = ("name", "code", "summary")


@admin.register(m.FinderIndex)
class FinderIndexAdmin(ReadOnly):
    """Numbers that a command makes from the texts: only whether they are there is to be seen."""

    list_display = ("edition",)
    list_select_related = ("edition",)

    def get_queryset(self, request: HttpRequest) -> QuerySet[m.FinderIndex]:
        return super().get_queryset(request).defer("vectors")


@admin.register(m.Service)
class ServiceAdmin(RowAdmin):
    list_display = ("name", "level", "edition", "section")
    list_filter = ("edition", "level")
    list_select_related = ("level", "edition")
    search_fields = ("name",)


@admin.register(m.PathwayStep)
class PathwayStepAdmin(RowAdmin):
    list_display = ("area", "level", "step", "title", "section")
    list_filter = ("edition", "area", "level")
    list_select_related = ("area", "level")
    search_fields = ("text",)


@admin.register(m.Term)
class TermAdmin(RowAdmin):
    list_display = ("term", "acronym", "definition", "edition")
    search_fields = ("term", "acronym", "definition")


@admin.register(m.SpecialRoute)
class SpecialRouteAdmin(RowAdmin):
    list_display = ("name", "contact_or_gap", "edition", "section")

    @admin.display(description="contact", ordering="contact", empty_value="No contact known")
    def contact_or_gap(self, route: m.SpecialRoute) -> str | None:
        return route.contact or None


@admin.register(m.Rule)
class RuleAdmin(RowAdmin):
    list_display = ("code", "kind", "text", "level", "supports", "opens", "section")
    list_filter = ("edition", "kind", "level")
    search_fields = ("code", "text")


@admin.register(m.NextStep)
class NextStepAdmin(RowAdmin):
    list_display = ("text", "code", "area", "due_hours", "section")
    list_filter = ("edition", "area")
    list_select_related = ("area",)
    search_fields = ("text", "code")


admin.site.register(PLAIN_ROWS, RowAdmin)
