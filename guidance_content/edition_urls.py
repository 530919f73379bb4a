"""Addresses, below /editors/, of the home and of an edition's life and its indicators."""

from django.urls import path

from guidance_content import edition_acts, edition_views, sign_views

ACTS = ("propose", "withdraw", "approve", "roll_back", "discard", "confirm")

urlpatterns = [
    path("", edition_views.editors_home, name="editors_home"),
    path("editions/<slug:slug>/", edition_views.edition_page, name="edition"),
    path("editions/<slug:slug>.json", edition_views.edition_json, name="edition_json"),
    path("editions/<slug:slug>/draft/", edition_acts.edition_draft, name="edition_draft"),
    *(
        path(
            f"editions/<slug:slug>/{name.replace('_', '-')}/",
            edition_acts.edition_act,
            {"name": name},
            name=f"edition_{name}",
        )
        for name in ACTS
    ),
    path("editions/<slug:slug>/signs/", sign_views.sign_list, name="edition_signs"),
    path("editions/<slug:slug>/signs/add/", sign_views.sign_add, name="edition_sign_add"),
    path("editions/<slug:slug>/signs/<slug:code>/", sign_views.sign_change, name="edition_sign"),
    path(
        "editions/<slug:slug>/signs/<slug:code>/retire/",
        sign_views.sign_retire,
        name="edition_sign_retire",
    ),
]
