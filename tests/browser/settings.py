"""The portal's settings as a person meets them: with its own error pages, and over plain HTTP.

DEBUG=true in the environment leaves cookies, files and addresses fit for a loopback address.
"""

from portal.settings import *  # noqa: F403

DEBUG = False
WHITENOISE_USE_FINDERS = True
