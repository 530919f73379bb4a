"""Addresses of the front page and of the guidance as data. All are open to everyone."""

from django.urls import path

from thresholds import ladder_views, look_up, views

urlpatterns = [
    path("", views.front, name="front"),
    path("levels/", views.levels, name="levels"),
    path("levels/<int:number>/", views.level, name="level"),
    path("domains/", views.domains, name="domains"),
    path("domains/<slug:code>/", views.domain, name="domain"),
    path("ladders/", ladder_views.ladders, name="ladders"),
    path("ladders/<slug:code>/", ladder_views.ladder, name="ladder"),
    path("grid/", ladder_views.grid, name="grid"),
    path("indicators/<slug:code>/", ladder_views.indicator, name="indicator"),
    path("find/", look_up.find, name="find"),
    path("services/", views.services, name="services"),
    path("contacts/", views.contacts, name="contacts"),
    path("glossary/", views.glossary, name="glossary"),
    path("guidance/questions/", views.questions, name="questions"),
]
