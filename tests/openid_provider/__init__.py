"""A real OpenID provider on this machine: its own program, database, key and people.

It is django-oauth-toolkit, with discovery, PKCE and tokens signed by RS256. It does wrong only
where a test asks it to: see validator.py.
"""
