"""The admin: guidance to look at, gaps to see, nothing to change, and no conversations."""

import pytest
from django.apps import apps
from django.contrib import admin
from django.contrib.auth.models import Permission
from django.db.models import Model
from django.test import Client
from django.urls import reverse

from accounts.models import Agency, Membership, User
from guidance_content.models import Confirmation
from tests.people import give_app
from thresholds.models import Contact, ContactChange, Edition, Link

pytestmark = pytest.mark.django_db

GUIDANCE = [
    model
    for app in ("thresholds", "guidance_content")
    for model in apps.get_app_config(app).get_models()
]
BY_NAME = pytest.mark.parametrize("model", GUIDANCE, ids=lambda model: model.__name__)


@pytest.fixture
def editor() -> User:
    person = User.objects.create_user("edie@example.org", name="Edie", is_editor=True)
    person.is_staff = True
    person.save()
    give_app(person)
    person.user_permissions.set(
        Permission.objects.filter(content_type__app_label__in=["thresholds", "guidance_content"])
    )
    return person


@pytest.fixture(autouse=True)
def a_change() -> ContactChange:
    """A contact that somebody has changed: there is no history before."""
    person = User.objects.create_user("eric@example.org", name="Eric")
    return ContactChange.objects.create(contact=Contact.objects.first(), by=person, kind="added")


@pytest.fixture(autouse=True)
def a_confirmation(a_change: ContactChange) -> None:
    Confirmation.objects.create(
        edition=Edition.objects.first(), by=a_change.by, review_by="2030-01-01"
    )


@pytest.fixture
def as_editor(client: Client, editor: User) -> Client:
    """An editor with every permission on guidance, so that only the admin itself refuses."""
    client.force_login(editor)
    return client


@pytest.fixture
def as_superuser(client: Client) -> Client:
    person = User.objects.create_superuser("super@example.org", "x", name="Sue")
    give_app(person)
    client.force_login(person)
    return client


def address(model: type[Model], page: str, *args: object) -> str:
    return reverse(f"admin:{model._meta.app_label}_{model._meta.model_name}_{page}", args=args)


def first(model: type[Model]) -> Model:
    return model._default_manager.first()


def test_all_guidance_can_be_looked_at() -> None:
    assert [model for model in GUIDANCE if not admin.site.is_registered(model)] == []


@BY_NAME
def test_an_editor_sees_the_list(as_editor: Client, model: type[Model]) -> None:
    assert as_editor.get(address(model, "changelist"), {"q": "child"}).status_code == 200


@BY_NAME
def test_an_editor_sees_a_row(as_editor: Client, model: type[Model]) -> None:
    row = first(model)
    page = as_editor.get(address(model, "change", row.pk))
    assert page.status_code == 200
    assert 'name="_save"' not in page.content.decode()


@BY_NAME
def test_an_editor_cannot_add(as_editor: Client, model: type[Model]) -> None:
    count = model._default_manager.count()
    assert as_editor.get(address(model, "add")).status_code == 403
    assert as_editor.post(address(model, "add"), {"name": "x"}).status_code == 403
    assert model._default_manager.count() == count


@BY_NAME
def test_an_editor_cannot_change(as_editor: Client, model: type[Model]) -> None:
    row = first(model)
    before = model._default_manager.filter(pk=row.pk).values().get()
    data = {field.name: "x" for field in model._meta.fields}
    assert as_editor.post(address(model, "change", row.pk), data).status_code == 403
    assert model._default_manager.filter(pk=row.pk).values().get() == before


@BY_NAME
def test_an_editor_cannot_delete(as_editor: Client, model: type[Model]) -> None:
    row = first(model)
    sent = {"post": "yes", "action": "delete_selected", "_selected_action": [row.pk]}
    assert as_editor.post(address(model, "delete", row.pk), sent).status_code == 403
    as_editor.post(address(model, "changelist"), sent)
    assert model._default_manager.filter(pk=row.pk).exists()


def test_not_even_a_superuser_changes_guidance_here(as_superuser: Client) -> None:
    row = Contact.objects.first()
    assert as_superuser.post(address(Contact, "change", row.pk), {"phone": "1"}).status_code == 403


def test_conversations_are_not_in_the_admin() -> None:
    for model in apps.get_app_config("referrals").get_models():
        assert not admin.site.is_registered(model)


def test_an_editor_sees_no_people(as_editor: Client) -> None:
    for model in (User, Agency, Membership):
        assert as_editor.get(address(model, "changelist")).status_code == 403


def test_a_person_who_is_no_editor_gets_no_admin(client: Client) -> None:
    person = User.objects.create_user("tess@example.org", name="Tess")
    Membership.objects.create(user=person, agency=Agency.objects.create(name="School"))
    client.force_login(person)
    response = client.get(reverse("admin:index"), follow=True)
    assert response.status_code == 403
    assert client.get(address(Contact, "changelist"), follow=True).status_code == 403


def test_an_editor_needs_no_permissions_besides(client: Client, editor: User) -> None:
    editor.user_permissions.clear()
    client.force_login(editor)
    assert client.get(address(Contact, "changelist")).status_code == 200


def test_staff_who_are_no_editors_see_no_guidance(client: Client, editor: User) -> None:
    editor.user_permissions.clear()
    User.objects.filter(pk=editor.pk).update(is_editor=False)
    client.force_login(editor)
    assert client.get(address(Contact, "changelist")).status_code == 403


def test_the_admin_is_entered_by_our_own_sign_in_page(client: Client, editor: User) -> None:
    wanted = address(Contact, "changelist")
    response = client.get(wanted, follow=True)
    assert response.redirect_chain[-1][0] == f"{reverse('account_login')}?next={wanted}"
    client.force_login(editor)
    assert client.get(f"{reverse('admin:login')}?next={wanted}")["Location"] == wanted


def test_the_admin_never_leads_elsewhere(client: Client, editor: User) -> None:
    away = {"next": "https://evil.example/"}
    assert "evil" not in client.get(reverse("admin:login"), away)["Location"]
    client.force_login(editor)
    assert client.get(reverse("admin:login"), away)["Location"] == reverse("admin:index")


def test_no_password_is_taken_at_the_admins_own_address(client: Client, editor: User) -> None:
    editor.set_password("correct horse battery")
    editor.save()
    data = {"username": editor.email, "password": "correct horse battery"}
    client.post(reverse("admin:login"), data)
    assert "_auth_user_id" not in client.session


def test_admin_pages_are_never_kept(as_editor: Client) -> None:
    assert "no-store" in as_editor.get(reverse("admin:index"))["Cache-Control"]


def test_editors_see_the_gaps(as_editor: Client) -> None:
    areas = as_editor.get("/admin/thresholds/area/").content.decode()
    derby = areas[areas.index("Derby City") :][:800]
    assert str(Contact.Purpose.OUT_OF_HOURS.label) in derby
    assert str(Contact.Purpose.URGENT.label) not in derby
    routes = as_editor.get("/admin/thresholds/specialroute/").content.decode()
    assert routes.count("No contact known") == 6
    contacts = as_editor.get("/admin/thresholds/contact/").content.decode()
    assert contacts.count("Never confirmed") == Contact.objects.count()
    assert contacts.count("(overdue)") == Contact.objects.count()


@pytest.mark.parametrize("model", [Contact, Link])
def test_contacts_and_links_lead_to_where_they_are_put_right(
    as_editor: Client, model: type[Model]
) -> None:
    page = reverse(f"editor_{model._meta.model_name}", args=[first(model).pk])
    assert page in as_editor.get(address(model, "changelist")).content.decode()
    assert page in as_editor.get(address(model, "change", first(model).pk)).content.decode()


def test_a_superuser_makes_an_account_in_an_agency(as_superuser: Client) -> None:
    agency = Agency.objects.create(name="School")
    password = "correct horse battery"
    data = {
        "email": "New.Person@Example.org",
        "name": "New Person",
        "usable_password": "true",
        "password1": password,
        "password2": password,
        "memberships-TOTAL_FORMS": "1",
        "memberships-INITIAL_FORMS": "0",
        "memberships-0-agency": str(agency.pk),
        "memberships-0-role": "lead",
    }
    response = as_superuser.post(address(User, "add"), data)
    assert response.status_code == 302
    person = User.objects.get(email="new.person@example.org")
    assert person.check_password(password)
    assert not person.is_staff


def test_a_superuser_sees_people_and_agencies(as_superuser: Client) -> None:
    for model in (User, Agency, Membership):
        assert as_superuser.get(address(model, "changelist")).status_code == 200
        assert as_superuser.get(address(model, "add")).status_code == 200
