"""Addresses of editions in and out, of what differs between two, and of replaying one."""

from django.urls import path

from guidance_content import exchange_views as views
from guidance_content.replay_views import edition_replay

urlpatterns = [
    path("edition.schema.json", views.edition_schema, name="edition_schema"),
    path("editors/import/", views.edition_import, name="edition_import"),
    path("editors/compare/", views.edition_compare, name="edition_compare"),
    path("editors/compare.pdf", views.edition_compare_pdf, name="edition_compare_pdf"),
    path(
        "editors/editions/<slug:slug>/indicators/",
        views.edition_indicators,
        name="edition_indicators",
    ),
    path(
        "editors/editions/<slug:slug>/indicators.csv",
        views.edition_indicators_csv,
        name="edition_indicators_csv",
    ),
    path("editors/editions/<slug:slug>/replay/", edition_replay, name="edition_replay"),
]
