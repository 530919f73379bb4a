"""What is changed in the admin about people is told, in the chain of the agency concerned."""

from collections.abc import Callable

import pytest
from allauth.account.models import EmailAddress
from allauth.socialaccount.models import SocialAccount
from django.contrib.admin import site as admin_site
from django.db.models import Model
from django.http import HttpResponse
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from accounts.models import Agency, Event, Membership, User
from tests.membership import Role, Verb, membership_of, told
from tests.people import give_app, make_person, signed_in

PAGES = pytest.mark.parametrize("page", ["person", "agency", "membership"])
NOW = timezone.now()
Fields = dict[str, object]
Change = Callable[[Client, User], HttpResponse]


@pytest.fixture
def sue(db: None) -> User:
    """A superuser, of no agency."""
    person = User.objects.create_superuser("sue@example.org", "x", name="Sue")
    give_app(person)
    return person


@pytest.fixture
def admin(sue: User) -> Client:
    return signed_in(sue)


def address(row: Model | type[Model], page: str) -> str:
    keys = [row.pk] if isinstance(row, Model) and page not in ("add", "changelist") else []
    return reverse(f"admin:accounts_{row._meta.model_name}_{page}", args=keys)


def own_fields(row: User | Agency) -> Fields:
    if isinstance(row, Agency):
        return {"name": row.name, "kind": row.kind, "phone": row.phone}
    powers = ("is_active", "is_editor", "is_staff", "is_superuser")
    return {"email": row.email, "name": row.name} | {
        power: "on" for power in powers if getattr(row, power)
    }


def membership_fields(page: str, membership: Membership, **more: object) -> Fields:
    """Return a membership as the form of `page` posts it."""
    fields = {
        "user": membership.user_id,
        "agency": membership.agency_id,
        "role": membership.role,
    } | more
    if moment := fields.pop("suspended_at", membership.suspended_at):
        fields |= {"suspended_at_0": f"{moment:%Y-%m-%d}", "suspended_at_1": f"{moment:%H:%M:%S}"}
    if page == "membership":
        return fields
    inline = {f"memberships-0-{name}": value for name, value in fields.items()}
    is_there = membership.pk is not None
    return inline | {
        "memberships-TOTAL_FORMS": 1,
        "memberships-INITIAL_FORMS": int(is_there),
        "memberships-0-id": membership.pk or "",
    }


def save(admin: Client, page: str, membership: Membership, **more: object) -> None:
    """Save a membership on one of the pages that show it, with `more` in place of what it has."""
    fields = membership_fields(page, membership, **more)
    if page == "membership":
        row = membership if membership.pk else Membership
        response = admin.post(address(row, "change" if membership.pk else "add"), fields)
    else:
        row = membership.user if page == "person" else membership.agency
        response = admin.post(address(row, "change"), own_fields(row) | fields)
    assert response.status_code == 302, response.context["errors"]


def all_told(agency: Agency | None) -> list[tuple[str, int | None, str, str]]:
    return [(verb, *entry) for verb in sorted(Verb.values) for entry in told(verb, agency)]


# Memberships


@PAGES
def test_a_membership_that_is_made_is_told(
    admin: Client, sue: User, agency: Agency, page: str
) -> None:
    person = make_person("new@school.example", None)
    save(admin, page, Membership(user=person, agency=agency, role=Role.LEAD))
    made = membership_of(person)
    assert all_told(agency) == [("made-member", sue.pk, f"membership:{made.pk}", "lead")]


@PAGES
@pytest.mark.parametrize(
    ("was", "now", "verb", "detail"),
    [
        ({}, {"role": Role.LEAD}, "role-changed", "lead"),
        ({}, {"suspended_at": NOW}, "suspended", ""),
        ({"suspended_at": NOW}, {"suspended_at": None}, "restored", ""),
    ],
)
def test_a_membership_that_is_changed_is_told(
    admin: Client, sue: User, agency: Agency, teacher: User,
    page: str, was: Fields, now: Fields, verb: str, detail: str,
) -> None:  # fmt: skip
    Membership.objects.filter(user=teacher).update(**was)
    membership = membership_of(teacher)
    save(admin, page, membership, **now)
    assert all_told(agency) == [(verb, sue.pk, f"membership:{membership.pk}", detail)]


@PAGES
def test_a_form_that_is_saved_unchanged_tells_nothing(
    admin: Client, teacher: User, page: str
) -> None:
    before = Event.objects.count()
    save(admin, page, membership_of(teacher))
    assert Event.objects.count() == before


@pytest.mark.parametrize("page", ["person", "membership"])
def test_a_membership_that_is_moved_is_told_in_both_agencies(
    admin: Client, sue: User, agency: Agency, elsewhere: Agency, teacher: User, page: str
) -> None:
    moved = membership_of(teacher)
    save(admin, page, moved, agency=elsewhere.pk)
    subject = f"membership:{moved.pk}"
    assert all_told(agency) == [("removed-member", sue.pk, subject, f"user-{teacher.pk}")]
    assert all_told(elsewhere) == [("made-member", sue.pk, subject, "practitioner")]


@pytest.mark.parametrize("page", ["person", "agency"])
def test_a_membership_that_is_ticked_away_is_told(
    admin: Client, sue: User, agency: Agency, teacher: User, page: str
) -> None:
    gone = membership_of(teacher)
    save(admin, page, gone, DELETE="on")
    assert not Membership.objects.exists()
    assert all_told(agency) == [
        ("removed-member", sue.pk, f"membership:{gone.pk}", f"user-{teacher.pk}")
    ]


@PAGES
@pytest.mark.parametrize("how", ["page", "list"])
def test_a_membership_that_goes_with_what_is_deleted_is_told(
    admin: Client, sue: User, agency: Agency, teacher: User, page: str, how: str
) -> None:
    gone = membership_of(teacher)
    row = {"person": teacher, "agency": agency, "membership": gone}[page]
    delete(admin, row, how)
    assert not Membership.objects.exists()
    assert all_told(agency) == [
        ("removed-member", sue.pk, f"membership:{gone.pk}", f"user-{teacher.pk}")
    ]


def delete(admin: Client, row: Model, how: str) -> HttpResponse:
    if how == "page":
        return admin.post(address(row, "delete"), {"post": "yes"})
    sent = {"post": "yes", "action": "delete_selected", "_selected_action": [row.pk]}
    return admin.post(address(row, "changelist"), sent)


@PAGES
def test_nothing_is_changed_that_cannot_be_told(
    admin: Client, teacher: User, page: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fails(*args: object, **kwargs: object) -> None:
        raise RuntimeError("No event today.")

    monkeypatch.setattr("accounts.admin_events.note", fails)
    with pytest.raises(RuntimeError):
        save(admin, page, membership_of(teacher), role=Role.LEAD)
    with pytest.raises(RuntimeError):
        delete(admin, teacher, "list")
    assert membership_of(teacher).role == Role.PRACTITIONER


# Accounts


@pytest.mark.parametrize(
    ("power", "code"),
    [
        ("is_active", "no-longer-active"),
        ("is_editor", "made-editor"),
        ("is_staff", "made-staff"),
        ("is_superuser", "made-superuser"),
    ],
)
def test_what_an_account_may_do_is_told_in_each_agency_of_the_person(
    admin: Client, sue: User, agency: Agency, elsewhere: Agency, teacher: User,
    power: str, code: str,
) -> None:  # fmt: skip
    Membership.objects.create(user=teacher, agency=elsewhere, suspended_at=NOW)
    before = all_told(None)
    assert turn(admin, teacher, power).status_code == 302
    for chain in (agency, elsewhere):
        assert all_told(chain) == [("account-changed", sue.pk, f"user:{teacher.pk}", code)]
    assert all_told(None) == before


def test_a_person_of_no_agency_is_told_of_by_the_portal(admin: Client, sue: User) -> None:
    editor = make_person("edie@example.org", None)
    for code in ("made-editor", "no-longer-editor"):
        turn(admin, editor, "is_editor")
        editor.refresh_from_db()
        assert told(Verb.ACCOUNT_CHANGED, None)[-1] == (sue.pk, f"user:{editor.pk}", code)


def new_email(admin: Client, person: User) -> HttpResponse:
    return save_person(admin, person, own_fields(person) | {"email": "other@example.org"})


def new_password(admin: Client, person: User) -> HttpResponse:
    fields = dict.fromkeys(("password1", "password2"), "three random words")
    page = reverse("admin:auth_user_password_change", args=[person.pk])
    return admin.post(page, fields | {"usable_password": "true"})


def without_sign_on(admin: Client, person: User) -> HttpResponse:
    SocialAccount.objects.create(user=person, provider="one", uid="1")
    fields = {"action": "remove_sign_on_link", "_selected_action": person.pk}
    return admin.post(address(User, "changelist"), fields)


@pytest.mark.parametrize(
    ("change", "code"),
    [
        (new_email, "new-email"),
        (new_password, "new-password"),
        (without_sign_on, "sign-on-link-removed"),
    ],
)
def test_a_change_of_how_a_person_signs_in_is_told(
    admin: Client, sue: User, agency: Agency, teacher: User, change: Change, code: str
) -> None:
    assert change(admin, teacher).status_code == 302
    assert all_told(agency) == [("account-changed", sue.pk, f"user:{teacher.pk}", code)]


def test_nobody_is_given_a_second_address_by_which_a_password_could_be_had(admin: Client) -> None:
    assert not admin_site.is_registered(EmailAddress)
    assert admin.get("/admin/account/emailaddress/add/").status_code == 404


def test_an_account_is_not_changed_where_that_cannot_be_told(
    admin: Client, teacher: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fails(*args: object, **kwargs: object) -> None:
        raise RuntimeError("No event today.")

    monkeypatch.setattr("accounts.admin_events.note_about", fails)
    with pytest.raises(RuntimeError):
        turn(admin, teacher, "is_editor")
    assert not User.objects.get(pk=teacher.pk).is_editor


def turn(admin: Client, person: User, power: str) -> HttpResponse:
    """Tick or untick one of the powers on the person's page, and leave their memberships."""
    fields = own_fields(person)
    if fields.pop(power, None) is None:
        fields[power] = "on"
    return save_person(admin, person, fields)


def save_person(admin: Client, person: User, fields: Fields) -> HttpResponse:
    rows = list(person.memberships.all())
    fields |= {"memberships-TOTAL_FORMS": len(rows), "memberships-INITIAL_FORMS": len(rows)}
    for number, row in enumerate(rows):
        one = membership_fields("person", row).items()
        fields |= {
            name.replace("-0-", f"-{number}-"): value for name, value in one if "-0-" in name
        }
    return admin.post(address(person, "change"), fields)
