"""Every address of the portal."""

from django.contrib import admin
from django.urls import include, path

from portal.health import alive, ready

urlpatterns = [
    path("health/", alive, name="health"),
    path("ready/", ready, name="ready"),
    path("", include("thresholds.urls")),
    path("", include("guidance_content.urls")),
    path("", include("guidance_content.exchange_urls")),
    path("editors/", include("guidance_content.edition_urls")),
    path("editors/", include("guidance_content.contact_urls")),
    path("editors/", include("guidance_content.page_urls")),
    path("conversations/", include("referrals.urls")),
    path("quick-check/", include("referrals.quick_check_urls")),
    path("desk/", include("referrals.desk_urls")),
    path("account/", include("accounts.urls")),
    path("people/", include("accounts.people_urls")),
    path("admin/", admin.site.urls),
]

handler500 = "portal.without_database.server_error"
