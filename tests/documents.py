"""An edition as a document, and what the tables hold of all that one can bring."""

import json
from typing import Any

from accounts.models import Event
from guidance_content.importing import PLAIN
from thresholds.models import (
    Area,
    Contact,
    Edition,
    Indicator,
    Ladder,
    Link,
    NextStep,
    Partnership,
    PathwayStep,
    Rule,
    Sayings,
    Service,
    SpecialRoute,
)  # fmt: skip

Document = dict[str, Any]
MODELS = PLAIN | {
    "areas": Area, "indicators": Indicator, "services": Service, "contacts": Contact,
    "links": Link, "pathway_steps": PathwayStep, "special_routes": SpecialRoute, "rules": Rule,
    "next_steps": NextStep, "ladders": Ladder,
}  # fmt: skip


def as_bytes(document: object) -> bytes:
    return json.dumps(document, ensure_ascii=False).encode()


def but_for_its_life(document: Document) -> Document:
    edition = {k: v for k, v in document["edition"].items() if k not in ("slug", "status")}
    return document | {"edition": edition}


def everything() -> dict[str, int]:
    kept = {*MODELS.values(), Edition, Partnership, Sayings, Event}
    return {model.__name__: model.objects.count() for model in kept}
