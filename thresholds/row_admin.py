"""Rows of editions in the admin: a draft's are changed by editors, and a published one's by nobody.

Every save and deletion goes through `thresholds.drafts.changing`, which writes the event and
withdraws a proposal. Who changed which field is kept by the admin's own history.
"""

from collections.abc import Sequence
from hashlib import sha256
from typing import Any
from urllib.parse import parse_qs

from django import forms
from django.contrib import admin, messages
from django.contrib.admin.utils import unquote
from django.contrib.admin.views.main import ChangeList
from django.core.exceptions import PermissionDenied, ValidationError
from django.db import transaction
from django.db.models import Field, Model, QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse

from thresholds import models as m
from thresholds.drafts import changing, may_edit
from thresholds.next_steps import wrong_conditions

FILTER = "edition__id__exact"
OVERTAKEN = (
    "Another editor changed this while you had it open. Nothing of yours is saved yet, and nothing "
    "is lost. Where it differs from yours, it says now what stands below. If yours is right, save "
    "it again."
)


def drafts() -> QuerySet[m.Edition]:
    return m.Edition.objects.filter(status=m.Edition.Status.DRAFT)


def code_of(row: Model, what: str = "") -> str:
    """Return how an event names a row, such as indicator-dd104."""
    name = f"{row._meta.model_name}-{what or getattr(row, 'code', '') or row.pk or 'new'}"
    return name.lower().replace("_", "-")[:64]


class SeenForm(forms.ModelForm):
    """A row as its editor had it before them: `seen` is its version. Two editors may have it open.

    Whoever saves second is told what stands there by now, and nothing of theirs is lost.
    """

    seen = forms.CharField(widget=forms.HiddenInput, required=False)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if self.instance.pk:
            self.initial["seen"] = version_of(self.instance)

    def clean(self) -> dict[str, Any]:
        data = super().clean() or self.cleaned_data
        # The row is as the database has it: what was posted comes into it after this.
        if data.get("seen") and data["seen"] != version_of(self.instance):
            self.data = self.data.copy()
            self.data[self.add_prefix("seen")] = version_of(self.instance)
            self.add_error(None, ValidationError([OVERTAKEN, *self._as_it_stands()]))
        return data

    def _as_it_stands(self) -> list[str]:
        """Return what the row says by now where that is not what was posted."""
        differs = [name for name in self.changed_data if name != "seen"]
        return [f"{self.fields[name].label}: {told(self.instance, name)}" for name in differs]


def version_of(row: Model) -> str:
    """Return what tells whether somebody has changed a row: 64 hexadecimal digits."""
    facts = {name: told(row, name) for name in forms.model_to_dict(row)}
    return sha256(repr(sorted(facts.items())).encode()).hexdigest()


def told(row: Model, name: str) -> str:
    value = getattr(row, name)
    return "; ".join(str(each) for each in value.all()) if hasattr(value, "all") else str(value)


class ForEditors(admin.ModelAdmin):
    """May be seen by editors, and by those who have the permission to view it."""

    def has_module_permission(self, request: HttpRequest) -> bool:
        return may_edit(request.user) or super().has_module_permission(request)

    def has_view_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return may_edit(request.user) or super().has_view_permission(request, obj)


class RowAdmin(ForEditors):
    """A row of an edition. `fixed` columns are written once: other rows go by them."""

    list_display: Sequence[str] = ("__str__", "edition", "section", "position")
    list_editable: Sequence[str] = ("position",)
    list_filter: Sequence[str] = ("edition",)
    list_select_related: Sequence[str] = ("edition",)
    fixed: Sequence[str] = ("code",)
    form: type[forms.ModelForm] = SeenForm

    def get_fields(self, request: HttpRequest, obj: Any = None) -> Sequence[Any]:
        fields = super().get_fields(request, obj)
        changes = obj is None or self.has_change_permission(request, obj)
        return fields if changes else [name for name in fields if name != "seen"]

    def has_add_permission(self, request: HttpRequest) -> bool:
        return may_edit(request.user) and drafts().exists()

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return may_edit(request.user) and (obj is None or _is_draft(obj))

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return self.has_change_permission(request, obj)

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> Sequence[str]:
        shown = tuple(super().get_readonly_fields(request, obj))
        names = {field.name for field in self.model._meta.fields}
        return (*shown, "edition", *(f for f in self.fixed if f in names)) if obj else shown

    def get_changelist_instance(self, request: HttpRequest) -> ChangeList:
        """Return the list, in which only the rows of a draft are reordered."""
        found = super().get_changelist_instance(request)
        if not drafts().filter(pk=_number(request.GET.get(FILTER))).exists():
            found.list_editable = ()
        return found

    def add_view(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        if self.has_add_permission(request) and self._edition(request) is None:
            messages.warning(request, "Choose a draft under “By edition” first.")
            meta = self.model._meta
            return redirect(reverse(f"admin:{meta.app_label}_{meta.model_name}_changelist"))
        return super().add_view(request, *args, **kwargs)

    def formfield_for_dbfield(
        self, db_field: Field, request: HttpRequest, **kwargs: Any
    ) -> forms.Field | None:
        """Return the field, with no choice but rows of the same edition and its areas."""
        if db_field.is_relation:
            kwargs["queryset"] = self._choices(db_field, self._edition(request))
        found = super().formfield_for_dbfield(db_field, request, **kwargs)
        if found and db_field.is_relation:
            for name in ("add", "change", "delete", "view"):
                setattr(found.widget, f"can_{name}_related", False)
        if found and db_field.name == "edition":
            found.initial = self._edition(request)
        return found

    def _choices(self, db_field: Any, edition: m.Edition | None) -> QuerySet[Any]:
        related = db_field.related_model._default_manager
        if edition is None:
            return related.none()
        if db_field.related_model is m.Edition:
            return related.filter(pk=edition.pk)
        if db_field.related_model is m.Area:
            return related.filter(partnership=edition.partnership_id)
        return related.filter(edition=edition)

    def _edition(self, request: HttpRequest) -> m.Edition | None:
        """Return the edition of the row, or the draft to which one is being added."""
        key = request.resolver_match.kwargs.get("object_id") if request.resolver_match else None
        if key:
            row = self.get_object(request, unquote(key))
            return row.edition if row else None
        listed = parse_qs(request.GET.get("_changelist_filters", "")).get(FILTER, [""])[0]
        wanted = request.POST.get("edition") or request.GET.get("edition") or listed
        if wanted:
            return drafts().filter(pk=_number(wanted)).first()
        found = list(drafts()[:2])
        return found[0] if len(found) == 1 else None

    def save_model(self, request: HttpRequest, obj: Any, form: Any, change: bool) -> None:
        if not self.has_change_permission(request, obj):
            raise PermissionDenied("A published edition is never changed.")
        with changing(obj.edition, by=request.user, what=code_of(obj)):
            super().save_model(request, obj, form, change)

    def delete_model(self, request: HttpRequest, obj: Any) -> None:
        with changing(obj.edition, by=request.user, what=code_of(obj)):
            super().delete_model(request, obj)

    @transaction.atomic
    def delete_queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> None:
        # Each by its name: an event tells what is gone.
        for row in queryset.order_by("pk"):
            with changing(row.edition, by=request.user, what=code_of(row)):
                pass
        super().delete_queryset(request, queryset)


def _is_draft(row: Any) -> bool:
    # Asked anew: a form may have changed what the row holds.
    return bool(drafts().filter(pk=row.edition_id).exists())


def _number(text: str | None) -> int | None:
    """Return a key that came in an address, None for what is none."""
    return int(text) if text and text.isdecimal() and len(text) < 18 else None


class NextStepForm(SeenForm):
    """`when` is JSON, and must name what there is: a page could not read anything else."""

    class Meta:
        model = m.NextStep
        fields = "__all__"  # noqa: DJ007 - the admin chooses

    def clean(self) -> dict[str, Any] | None:
        data = super().clean() or self.cleaned_data
        edition = data.get("edition") or getattr(self.instance, "edition", None)
        if edition and "when" in data:
            levels = m.Level.objects.filter(edition=edition).values_list("number", flat=True)
            areas = edition.partnership.areas.values_list("slug", flat=True)
            if wrong := wrong_conditions(data["when"], levels, areas):
                self.add_error("when", ValidationError([f"{what}." for what in wrong]))
        return data


@admin.register(m.Level)
class LevelAdmin(RowAdmin):
    list_display = ("__str__", "edition", "strengths", "is_referral", "section")
    list_editable = ()
    fixed = ("number",)


@admin.register(m.Indicator)
class IndicatorAdmin(RowAdmin):
    list_display = ("text", "code", "level", "domain", "shared_key", "position")
    list_filter = ("edition", "level", "domain")
    list_select_related = ("level", "domain")
    search_fields = ("text", "code")


@admin.register(m.Service)
class ServiceAdmin(RowAdmin):
    list_display = ("name", "level", "edition", "section", "position")
    list_filter = ("edition", "level")
    list_select_related = ("level", "edition")
    search_fields = ("name",)


@admin.register(m.PathwayStep)
class PathwayStepAdmin(RowAdmin):
    list_display = ("area", "level", "step", "title", "section")
    list_editable = ()
    list_filter = ("edition", "area", "level")
    list_select_related = ("area", "level")
    search_fields = ("text",)


@admin.register(m.Term)
class TermAdmin(RowAdmin):
    list_display = ("term", "acronym", "definition", "edition", "position")
    search_fields = ("term", "acronym", "definition")


@admin.register(m.Sayings)
class SayingsAdmin(RowAdmin):
    list_display = ("indicator", "lines", "edition")
    list_editable = ()
    list_select_related = ("indicator", "edition")
    search_fields = ("lines", "indicator__text", "indicator__code")


@admin.register(m.Ladder)
class LadderAdmin(RowAdmin):
    list_display = ("name", "code", "summary", "edition", "position")
    filter_horizontal = ("indicators",)
    search_fields = ("name", "code", "summary")


@admin.register(m.SpecialRoute)
class SpecialRouteAdmin(RowAdmin):
    list_display = ("name", "contact_or_gap", "edition", "section", "position")
    filter_horizontal = ("indicators",)

    @admin.display(description="contact", ordering="contact", empty_value="No contact known")
    def contact_or_gap(self, route: m.SpecialRoute) -> str | None:
        return route.contact or None


@admin.register(m.Rule)
class RuleAdmin(RowAdmin):
    list_display = ("code", "kind", "text", "level", "supports", "opens", "section", "position")
    list_filter = ("edition", "kind", "level")
    filter_horizontal = ("indicators",)
    search_fields = ("code", "text")


@admin.register(m.NextStep)
class NextStepAdmin(RowAdmin):
    form = NextStepForm
    list_display = ("text", "code", "area", "due_hours", "section", "position")
    list_filter = ("edition", "area")
    list_select_related = ("area",)
    search_fields = ("text", "code")


admin.site.register((m.Domain, m.Question, m.ConsentPoint), RowAdmin)
