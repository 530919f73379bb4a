"""What others wrote and what we wrote, looked through for known holes: `make audit`.

1. bandit reads our code. What it finds must be accepted in pyproject.toml, with the reason.
2. pip-audit looks up every library that is pinned. A library with a known hole fails. One that
   could not be looked up is said so, loudly, and fails only with AUDIT_STRICT=true: a machine
   that reaches no advisory service cannot know, and must not say that all is well.
3. The bill of materials is written to build/sbom.json, and must list every pin.
"""

import json
import os
import re
import subprocess
import sys
import tomllib
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[1]
BIN = Path(sys.executable).parent
CODE = ("accounts", "bench", "guidance_content", "manage.py", "portal", "referrals", "thresholds")
# Each knows of holes that the other may not have heard of yet.
SERVICES = ("pypi", "osv")
PIN = re.compile(r"^([A-Za-z0-9._-]+)==([^\s;\\]+)", re.MULTILINE)

Problems = list[str]


def run(*command: str) -> str:
    """Return what a tool prints. Its exit code says less than its answer does."""
    return subprocess.run(
        [str(BIN / command[0]), *command[1:]], cwd=ROOT, capture_output=True, text=True
    ).stdout


def pins() -> dict[str, str]:
    """Return the version of every library that is installed in production, by its name."""
    text = (ROOT / "requirements.txt").read_text(encoding="utf-8")
    return {plain(name): version for name, version in PIN.findall(text)}


def plain(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower()


def our_code(found: dict[str, Any], accepted: dict[str, str]) -> Problems:
    """Return what bandit found and nobody accepted, and what is accepted for nothing."""
    named = {f"{one['filename']} {one['test_id']}": one for one in found["results"]}
    new = [
        f"{one['filename']}:{one['line_number']}: {one['test_id']} {one['issue_text']}"
        for key, one in named.items()
        if not accepted.get(key)
    ]
    stale = [f"pyproject.toml: {key} is accepted, and not there" for key in accepted.keys() - named]
    unread = [f"bandit could not read {one['filename']}" for one in found["errors"]]
    return new + stale + unread


def libraries(answers: list[dict[str, Any]], pinned: dict[str, str]) -> tuple[Problems, set[str]]:
    """Return the known holes, and the libraries that no service knew anything about.

    pip-audit says "no known vulnerabilities" also where it could look up nothing.
    """
    problems, known = [], set()
    for answer in answers:
        for one in answer.get("dependencies", []):
            if "vulns" not in one:
                continue
            known.add(plain(one["name"]))
            for hole in one["vulns"]:
                better = ", ".join(hole.get("fix_versions", [])) or "none yet"
                told = f"{one['name']} {one['version']}: {hole['id']}, mended in: {better}"
                problems += [told] if told not in problems else []
    return problems, pinned.keys() - known


def not_listed(sbom: dict[str, Any], pinned: dict[str, str]) -> Problems:
    """Return the pins that the bill of materials lacks, or has in another version."""
    listed = {plain(one["name"]): one.get("version") for one in sbom.get("components", [])}
    return [
        f"build/sbom.json lacks {name} {version}"
        for name, version in pinned.items()
        if listed.get(name) != version
    ]


def as_json(text: str) -> dict[str, Any]:
    """Return what a tool answered, or nothing where it could not."""
    try:
        return dict(json.loads(text))
    except ValueError:
        return {}


def main() -> int:
    pinned = pins()
    settings = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    skipped = ("-x", "*/migrations/*")
    problems = our_code(
        as_json(run("bandit", "-q", "-r", *CODE, *skipped, "-f", "json")),
        settings["tool"]["audit"]["accepted"],
    )
    asked = ("-r", "requirements.txt", "--disable-pip", "--require-hashes", "--timeout", "5")
    answers = [
        as_json(run("pip-audit", *asked, "-s", service, "-f", "json", "--progress-spinner", "off"))
        for service in SERVICES
    ]
    holes, unknown = libraries(answers, pinned)
    (ROOT / "build").mkdir(exist_ok=True)
    made = ROOT / "build" / "sbom.json"
    made.unlink(missing_ok=True)
    run(
        "cyclonedx-py", "requirements", "requirements.txt", "--output-reproducible", "-o", str(made)
    )
    listed = as_json(made.read_text(encoding="utf-8")) if made.exists() else {}
    problems += holes + not_listed(listed, pinned)
    for problem in problems:
        print(problem)
    print(f"Our code: read. Bill of materials: {len(pinned)} libraries, in build/sbom.json.")
    if unknown:
        print(
            f"WARNING: known holes were NOT looked up for {len(unknown)} of {len(pinned)} "
            "libraries: no advisory service answered. Run `make audit` where one can be reached."
        )
    strict = os.environ.get("AUDIT_STRICT", "").lower() == "true"
    return int(bool(problems or (strict and unknown)))


if __name__ == "__main__":
    sys.exit(main())
