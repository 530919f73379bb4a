"""What the provider says about a person, and the wrongs that it does when it is told to.

A person's `last_name` names the wrong; "" is an honest token.
"""

import json
import time
from typing import Any

from jwcrypto import jwk, jwt
from jwcrypto.common import base64url_decode, base64url_encode
from oauth2_provider.oauth2_validators import OAuth2Validator

ANOTHER_KEY = jwk.JWK.generate(kty="RSA", size=2048, kid="another")


class Validator(OAuth2Validator):
    oidc_claim_scope = None

    def get_additional_claims(self, request: Any) -> dict[str, Any]:
        claims = {"email": request.user.email, "email_verified": True}
        if request.user.first_name:
            claims |= json.loads(request.user.first_name)
        return {name: value for name, value in claims.items() if value is not None}

    def finalize_id_token(self, id_token: Any, token: Any, handler: Any, request: Any) -> str:
        signed = str(super().finalize_id_token(id_token, token, handler, request))
        wrong = request.user.last_name
        return WRONGS[wrong](signed, request) if wrong else signed


def again(signed: str, key: jwk.JWK, header: dict[str, str] | None = None, **changes: Any) -> str:
    """Return a token like `signed`, with changes, signed by `key`."""
    old = jwt.JWT(jwt=signed, algs=["RS256"])
    claims = json.loads(old.token.objects["payload"])
    names = json.loads(old.token.objects["protected"]) | (header or {})
    made = jwt.JWT(header=names, claims={**claims, **changes})
    made.make_signed_token(key)
    return str(made.serialize())


def unsigned(signed: str) -> str:
    header, claims, _ = signed.split(".")
    names = json.loads(base64url_decode(header)) | {"alg": "none"}
    return f"{base64url_encode(json.dumps(names))}.{claims}."


def own(request: Any) -> jwk.JWK:
    return request.client.jwk_key


WRONGS = {
    "other-key": lambda signed, request: again(signed, ANOTHER_KEY),
    "unknown-key": lambda signed, request: again(signed, ANOTHER_KEY, {"kid": "another"}),
    "shared-key": lambda signed, request: again(
        signed,
        jwk.JWK(kty="oct", k="c2VjcmV0LXNlY3JldC1zZWNyZXQtc2VjcmV0LXNlY3I"),
        {"alg": "HS256"},
    ),
    "unsigned": lambda signed, request: unsigned(signed),
    "other-audience": lambda signed, request: again(signed, own(request), aud="another-portal"),
    "several-audiences": lambda signed, request: again(
        signed, own(request), aud=[request.client.client_id, "another-portal"]
    ),
    "other-issuer": lambda signed, request: again(signed, own(request), iss="https://x.example"),
    "other-nonce": lambda signed, request: again(signed, own(request), nonce="another"),
    "expired": lambda signed, request: again(signed, own(request), exp=int(time.time()) - 600),
    "changed": lambda signed, request: signed[:-8] + "AAAAAAAA",
    "no-nonce": lambda signed, request: again(signed, own(request), nonce=None),
}
