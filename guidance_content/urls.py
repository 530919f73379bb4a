"""Addresses of the prose. `guidance/questions/` is in thresholds.urls, which comes first."""

from django.urls import path

from guidance_content import views

urlpatterns = [
    path("guidance/", views.guidance, name="guidance"),
    path("guidance/<slug:code>/", views.guidance_page, name="guidance_page"),
    path("areas/<slug:slug>/", views.area_guidance, name="area_guidance"),
    path("areas/<slug:slug>/<slug:code>/", views.area_page, name="area_page"),
    path("accessibility/", views.about, {"name": "accessibility"}, name="accessibility"),
    path("privacy/", views.about, {"name": "privacy"}, name="privacy"),
    path("cookies/", views.about, {"name": "cookies"}, name="cookies"),
]
