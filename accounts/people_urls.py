"""Addresses of the pages on which leads look after their people, and of an invitation."""

from django.urls import path

from accounts import people_views as views

urlpatterns = [
    path("", views.people_list, name="people"),
    path("invite/", views.people_invite, name="people_invite"),
    path("<int:pk>/role/", views.person_role, name="person_role"),
    path("<int:pk>/suspend/", views.person_suspend, name="person_suspend"),
    path("<int:pk>/restore/", views.person_restore, name="person_restore"),
    path("invitations/<int:pk>/withdraw/", views.invitation_withdraw, name="invitation_withdraw"),
    path(
        "invitations/<int:pk>/send-again/",
        views.invitation_send_again,
        name="invitation_send_again",
    ),
    path("invitation/<str:token>/", views.invitation_accept, name="invitation_accept"),
]
