from typing import Any

from django.apps import AppConfig
from django.db.models.signals import post_migrate


class AccountsConfig(AppConfig):
    name = "accounts"

    def ready(self) -> None:
        post_migrate.connect(_create_cache_table, sender=self)


def _create_cache_table(using: str, **kwargs: Any) -> None:
    """Make `migrate` all that a database needs: without this table nobody could sign in."""
    from django.core.management import call_command

    call_command("createcachetable", database=using, verbosity=0)
