"""What a statement of the database does, by its text."""

import re

# What PostgreSQL prepares (accounts/prepared.py) is made of query sets, which only read.
READS = re.compile(
    r"(SET LOCAL plan_cache_mode = \w+; )?((PREPARE \w+ AS )?\(?SELECT |EXECUTE \w+)"
)


def reads(sql: str) -> bool:
    return bool(READS.match(sql))
