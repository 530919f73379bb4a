"""Addresses of the quick check. None tells anything: what is answered is never in an address."""

from django.urls import path

from referrals import quick_check_views as views

urlpatterns = [
    path("", views.quick_check, name="quick_check"),
    path("carry-on/", views.carry_on, name="quick_check_carry_on"),
]
