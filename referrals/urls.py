"""Addresses of conversations, below /conversations/. None tells anything about a child."""

from django.urls import path

from referrals import (
    follow_up_views,
    keeping_views,
    record_views,
    subject_access_views,
    views,
)

urlpatterns = [
    path("", views.conversation_list, name="conversation_list"),
    path("new/", views.conversation_new, name="conversation_new"),
    path("<uuid:token>/", views.conversation, name="conversation"),
    path("<uuid:token>/check/", views.check, name="conversation_check"),
    path("<uuid:token>/summary/", record_views.summary_page, name="conversation_summary"),
    path("<uuid:token>/summary.pdf", record_views.summary_pdf, name="conversation_pdf"),
    path("<uuid:token>/add/", record_views.add, name="conversation_add"),
    path("<uuid:token>/review/", record_views.review_page, name="conversation_review"),
    path("<uuid:token>/keep-from/", record_views.keep_from, name="conversation_keep_from"),
    path("<uuid:token>/hold/", keeping_views.hold_page, name="conversation_hold"),
    path(
        "<uuid:token>/subject-access/",
        subject_access_views.subject_access_page,
        name="conversation_subject_access",
    ),
    path("<uuid:token>/escalations/", record_views.escalation_new, name="conversation_escalate"),
    path(
        "<uuid:token>/escalations/<int:key>/",
        record_views.escalation,
        name="conversation_escalation",
    ),
    path("<uuid:token>/follow-up/", follow_up_views.follow_up_page, name="conversation_follow_up"),
    path(
        "<uuid:token>/follow-up/<int:key>/done/",
        follow_up_views.done,
        name="conversation_follow_up_done",
    ),
    path(
        "<uuid:token>/follow-up/answer/",
        follow_up_views.answer,
        name="conversation_council_answer",
    ),
    path("<uuid:token>/follow-up/call/", follow_up_views.call, name="conversation_council_call"),
    path(
        "<uuid:token>/follow-up/review-day/",
        follow_up_views.review_day,
        name="conversation_review_day",
    ),
    path("<uuid:token>/<slug:slug>/", views.step, name="conversation_step"),
]
