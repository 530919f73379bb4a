"""Addresses of the lead's desk, below /desk/."""

from django.urls import path

from referrals import desk_views, keeping_views, numbers_views, would_differ_views

urlpatterns = [
    path("", desk_views.desk_page, name="desk"),
    path("editions/<slug:slug>/", would_differ_views.desk_edition, name="desk_edition"),
    path("keeping/", keeping_views.keeping, name="keeping"),
    path("numbers/", numbers_views.numbers, name="numbers"),
    path("numbers.csv", numbers_views.numbers_csv, name="numbers_csv"),
    path("records.csv", numbers_views.records_csv, name="records_csv"),
]
