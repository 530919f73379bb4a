"""One PostgreSQL and one portal for the tests of a file."""

import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.faults.machines import Machines, running
from tests.faults.visitor import Visitor

TEACHER, LEAD = "teacher@example.org", "lead@example.org"


@pytest.fixture(scope="module")
def machines() -> Iterator[Machines]:
    # Not pytest's own folder: PostgreSQL runs as somebody who may not enter that.
    with tempfile.TemporaryDirectory() as folder, running(Path(folder)) as started:
        yield started


@pytest.fixture(scope="module")
def teacher(machines: Machines) -> Visitor:
    visitor = Visitor(machines.web.url)
    visitor.sign_in(TEACHER, machines.passwords[TEACHER])
    return visitor


@pytest.fixture(scope="module")
def lead(machines: Machines) -> Visitor:
    visitor = Visitor(machines.web.url)
    visitor.sign_in(LEAD, machines.passwords[LEAD], machines.apps[LEAD])
    return visitor
