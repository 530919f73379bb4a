"""What README.md tells people to type is what the commands take."""

import re
import shlex
from pathlib import Path

import pytest
from django.core.management import get_commands, load_command_class

from portal.settings import BASE_DIR

README = (Path(BASE_DIR) / "README.md").read_text("utf-8")
COMMANDS = re.findall(r"^ {4}.*?manage\.py (\w+)([^#\n]*)", README, re.MULTILINE)


@pytest.mark.parametrize(("name", "arguments"), COMMANDS)
def test_a_command_takes_what_is_printed(name: str, arguments: str) -> None:
    command = load_command_class(get_commands()[name], name)
    parser = command.create_parser("manage.py", name)
    # It ends the process where something is missing or is too much.
    assert parser.parse_args(shlex.split(arguments))


def test_the_commands_of_every_night_are_there() -> None:
    assert {"export_edition", "send_alerts", "verify_events", "restore", "erase"} <= dict(
        COMMANDS
    ).keys()
