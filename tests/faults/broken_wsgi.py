"""The portal with one of its safeguards taken away, to see that the driver of kills finds out."""

from portal.wsgi import application as application
from referrals import services

# What a step consists of is no longer one transaction.
services.save_answer = services.save_answer.__wrapped__
