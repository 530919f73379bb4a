"""The prose. A draft's pages are changed by editors, like the rows of the guidance."""

from django.contrib import admin
from django.utils.safestring import SafeString

from guidance_content.models import Confirmation, Page
from guidance_content.prose import render_prose
from thresholds.admin import ReadOnly
from thresholds.row_admin import RowAdmin


@admin.register(Page)
class PageAdmin(RowAdmin):
    list_display = ("title", "code", "edition", "section", "position")
    search_fields = ("title", "summary", "body")
    readonly_fields = ("as_saved",)

    @admin.display(description="As it looks since it was saved")
    def as_saved(self, page: Page) -> SafeString:
        return render_prose(page.body)


@admin.register(Confirmation)
class ConfirmationAdmin(ReadOnly):
    """Given on the editors' own pages, and never taken back."""

    list_display = ("edition", "at", "by", "review_by", "note")
    list_select_related = ("edition", "by")
