"""Who a session belongs to, loaded with what every page must know about them."""

from allauth.account.auth_backends import AuthenticationBackend
from django.db.models import BigAutoField, OuterRef

from accounts.models import Membership, User
from accounts.prepared import Given, Prepared
from accounts.second_factor import SINCE, must_have_one
from accounts.together import listed

HELD = listed(
    Membership.objects.active().filter(user=OuterRef("pk"), user__is_editor=False),
    "user",
    role="role",
)
PERSON = Prepared(
    lambda: User.objects.annotate(second_factor_since=SINCE, held=HELD).filter(
        pk=Given(0, BigAutoField())
    )
)


class Backend(AuthenticationBackend):
    """allauth's. The person comes with what accounts.middleware asks about their second factor,
    and with their roles.

    It is part of the query that loads the person, so that a promotion, or a factor that an
    administrator removes, counts at the very next request and costs no query of its own.
    """

    def get_user(self, user_id: int) -> User | None:
        user = PERSON.first(user_id)
        if user:
            user.roles = {membership["role"] for membership in user.held or ()}
            user.must_have_second_factor = must_have_one(user)
        return user if user and self.user_can_authenticate(user) else None
