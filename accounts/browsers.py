"""What kind of browser somebody has, in plain words, from what it says of itself.

Only these words are ever kept. What a browser says of itself can tell one person from another, and
a stranger may write anything there.
"""

# The first that is found counts: many browsers say that they are others as well.
BROWSERS = (
    ("Edg", "Edge"), ("SamsungBrowser", "Samsung Internet"), ("OPR/", "Opera"),
    ("FxiOS", "Firefox"), ("Firefox", "Firefox"), ("CriOS", "Chrome"), ("Chrome", "Chrome"),
    ("Safari", "Safari"),
)  # fmt: skip
DEVICES = (
    ("iPhone", "an iPhone"), ("iPad", "an iPad"), ("Android", "an Android phone or tablet"),
    ("CrOS", "a Chromebook"), ("Windows", "Windows"), ("Macintosh", "a Mac"), ("Linux", "Linux"),
)  # fmt: skip
UNKNOWN = "A browser that we do not know"


def kind_of(says: str) -> str:
    """Return such as "Firefox on Windows"."""
    browser = next((name for sign, name in BROWSERS if sign in says), "")
    device = next((name for sign, name in DEVICES if sign in says), "")
    if not browser:
        return UNKNOWN
    return f"{browser} on {device}" if device else browser
