"""The prose, to be looked at. Like the rest of the guidance it is changed by no one here."""

from django.contrib import admin

from guidance_content.models import Page
from thresholds.admin import RowAdmin


@admin.register(Page)
class PageAdmin(RowAdmin):
    list_display = ("title", "code", "edition", "section")
    search_fields = ("title", "summary", "body")
