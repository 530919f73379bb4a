"""The reference: as little as a Django site can be that asks 60 things and keeps the answer.

Default middleware, sessions, sign-in, a form of 60 checkboxes from 60 rows, Django's templates,
PostgreSQL. `make bench` measures the portal beside it, in the same minute on the same machine.
"""
