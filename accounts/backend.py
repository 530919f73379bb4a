"""Who a session belongs to, loaded with what every page must know about them."""

from allauth.account.auth_backends import AuthenticationBackend

from accounts.models import User
from accounts.second_factor import MUST_HAVE_ONE, SINCE


class Backend(AuthenticationBackend):
    """allauth's. The person comes with what accounts.middleware asks about their second factor.

    It is part of the query that loads the person, so that a promotion, or a factor that an
    administrator removes, counts at the very next request and costs no query of its own.
    """

    def get_user(self, user_id: int) -> User | None:
        people = User.objects.annotate(
            must_have_second_factor=MUST_HAVE_ONE, second_factor_since=SINCE
        )
        user = people.filter(pk=user_id).first()
        return user if user and self.user_can_authenticate(user) else None
