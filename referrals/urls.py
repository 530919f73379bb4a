"""Addresses of conversations, below /conversations/. None tells anything about a child."""

from django.urls import path

from referrals import views

urlpatterns = [
    path("", views.conversation_list, name="conversation_list"),
    path("new/", views.conversation_new, name="conversation_new"),
    path("<uuid:token>/", views.conversation, name="conversation"),
    path("<uuid:token>/check/", views.check, name="conversation_check"),
    path("<uuid:token>/summary/", views.summary_page, name="conversation_summary"),
    path("<uuid:token>/summary.pdf", views.summary_pdf, name="conversation_pdf"),
    path("<uuid:token>/<slug:slug>/", views.step, name="conversation_step"),
]
