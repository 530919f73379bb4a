"""Starts the provider, tells it about people, and stops it."""

import os
import secrets
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import requests
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from tests.postgres import free_port

ROOT = Path(__file__).resolve().parents[2]
START_SECONDS = 30


@dataclass(frozen=True)
class OpenIDProvider:
    url: str
    client_id: str
    secret: str
    password: str

    @property
    def issuer(self) -> str:
        return f"{self.url}/o"

    def tell(self, username: str, email: str, wrong: str = "", **claims: Any) -> None:
        """Make or change a person there. A claim of None is left out of the token."""
        told = {"email": email, "wrong": wrong, "claims": claims, "password": self.password}
        answer = requests.put(f"{self.url}/people/{username}/", json=told, timeout=10)
        assert answer.status_code == 204, answer.text

    def entry(self, **changes: Any) -> dict[str, Any]:
        """The provider as one of OIDC_PROVIDERS."""
        return {
            "id": "school",
            "name": "Example",
            "issuer": self.issuer,
            "client_id": self.client_id,
            "secret": self.secret,
            "emails": "claim",
            "domains": ["school.example"],
        } | changes


def planned() -> OpenIDProvider:
    """A provider that does not run yet: the portal may be told of it before."""
    port = free_port()
    drawn = (secrets.token_urlsafe(24) for _ in range(3))
    return OpenIDProvider(f"http://127.0.0.1:{port}", *drawn)


@contextmanager
def running(provider: OpenIDProvider, folder: Path, back: str) -> Iterator[None]:
    """Serve a provider that sends browsers back to the address `back`."""
    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    environment = {
        **os.environ,
        "PROVIDER_CLIENT": provider.client_id,
        "PROVIDER_SECRET": provider.secret,
        "PROVIDER_BACK": back,
        "PROVIDER_DATABASE": str(folder / "provider.sqlite3"),
        "PROVIDER_KEY": key.private_bytes(
            Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()
        ).decode(),
    }
    command = [sys.executable, "-m", "gunicorn", "tests.openid_provider.wsgi", "--threads", "4"]
    with (folder / "provider.log").open("w") as log:
        server = subprocess.Popen(
            [*command, "--bind", provider.url.removeprefix("http://")],
            cwd=ROOT,
            env=environment,
            stdout=log,
            stderr=subprocess.STDOUT,
        )
        try:
            _wait(provider)
            yield
        finally:
            server.terminate()
            server.wait(10)


def _wait(provider: OpenIDProvider) -> None:
    deadline = time.monotonic() + START_SECONDS
    while time.monotonic() < deadline:
        try:
            if requests.get(f"{provider.url}/sign-in/", timeout=5).ok:
                return
        except requests.ConnectionError:
            time.sleep(0.1)
    raise RuntimeError("The provider did not start.")
