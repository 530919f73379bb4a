"""Addresses, below /editors/, of a draft's prose pages, and of seeing the portal as the draft."""

from django.urls import path

from guidance_content import page_views, preview_views

urlpatterns = [
    path("preview/stop/", preview_views.preview_stop, name="preview_stop"),
    path("editions/<slug:slug>/preview/", preview_views.edition_preview, name="edition_preview"),
    path("editions/<slug:slug>/pages/", page_views.page_list, name="edition_pages"),
    path("editions/<slug:slug>/pages/<slug:code>/", page_views.page_edit, name="edition_page"),
]
