"""Addresses of the pages on which editors keep contacts and links right."""

from django.urls import path

from guidance_content import contact_views as views

urlpatterns = [
    pattern
    for word in ("contact", "link")
    for pattern in (
        path(f"{word}s/", views.row_list, {"word": word}, name=f"editor_{word}s"),
        path(f"{word}s/add/", views.row_add, {"word": word}, name=f"editor_{word}_add"),
        path(f"{word}s/<int:pk>/", views.row_edit, {"word": word}, name=f"editor_{word}"),
        path(
            f"{word}s/<int:pk>/confirm/",
            views.row_confirm,
            {"word": word},
            name=f"editor_{word}_confirm",
        ),
        path(
            f"{word}s/<int:pk>/retire/",
            views.row_retire,
            {"word": word},
            name=f"editor_{word}_retire",
        ),
    )
]
