# SPDX-License-Identifier: Apache-2.0
"""A small OpenID Connect provider on the loopback: discovery, authorization, token, keys, userinfo; and, when told so, lies."""

from __future__ import annotations

import base64
import hashlib
import json
import secrets
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, unquote, urlencode, urlsplit

from joserfc import jwt
from joserfc.jwk import ECKey, RSAKey

Claims = dict[str, Any]
CLIENT, SECRET = "xrm-test", "a secret: with /odd signs"


@dataclass
class Provider:
    """Who signs in there (``claims``), and how its answers are bent: ``change`` gets the claims of an ID token to be signed."""

    claims: Claims = field(default_factory=lambda: {"sub": "248289761001", "email": "nadia@example.org", "email_verified": True,
                                                    "name": "Nadia Ek"})
    algorithm: str = "RS256"
    change: Callable[[Claims], Claims] = dict
    sign: Callable[[Mapping[str, Any], Claims], str] | None = None
    metadata: dict[str, Any] = field(default_factory=dict)
    userinfo: Claims | None = None
    issuer: str = ""
    asked: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.codes: dict[str, dict[str, str]] = {}
        self.tokens: set[str] = set()
        self.rotate()

    def rotate(self) -> None:
        """Sign by new keys from now on; the old ones are no longer published."""
        number = secrets.token_hex(4)
        self.rsa = RSAKey.generate_key(2048, {"kid": f"rsa-{number}", "use": "sig"})
        self.ec = ECKey.generate_key("P-256", {"kid": f"ec-{number}", "use": "sig"})

    @property
    def settings(self) -> dict[str, str]:
        """What an operator writes below ``[oidc.<key>]``."""
        return {"issuer": self.issuer, "client_id": CLIENT, "client_secret": SECRET, "label": "Example ID"}

    def authorize(self, href: str) -> str:
        """Sign in as the browser would that is sent to ``href``: the address that it is sent back to."""
        given = {key: values[0] for key, values in parse_qs(urlsplit(href).query).items()}
        assert given["response_type"] == "code"
        assert given["code_challenge_method"] == "S256"
        assert "openid" in given["scope"].split()
        code = secrets.token_urlsafe(16)
        self.codes[code] = given
        return f"{given['redirect_uri']}?{urlencode({'code': code, 'state': given['state']})}"

    def answer(self, path: str, form: Mapping[str, str], headers: Mapping[str, str]) -> tuple[int, Any]:
        """Status and JSON for a request."""
        self.asked.append(path)
        if path == "/.well-known/openid-configuration":
            ways = {name: f"{self.issuer}/{name}" for name in ("authorization_endpoint", "token_endpoint", "userinfo_endpoint")}
            return 200, {"issuer": self.issuer, **ways, "jwks_uri": f"{self.issuer}/keys", **self.metadata}
        if path == "/keys":
            return 200, {"keys": [key.as_dict(private=False) for key in (self.rsa, self.ec)]}
        if path == "/token_endpoint":
            return self._token(form, headers)
        if path == "/userinfo_endpoint" and headers.get("Authorization", "").removeprefix("Bearer ") in self.tokens:
            return 200, self.userinfo or self.claims
        return 404, {"error": "not_found"}

    def _token(self, form: Mapping[str, str], headers: Mapping[str, str]) -> tuple[int, Any]:
        pair = base64.b64decode(headers.get("Authorization", "").removeprefix("Basic ")).decode()
        if [unquote(part) for part in pair.split(":")] != [CLIENT, SECRET]:
            return 401, {"error": "invalid_client"}
        asked = self.codes.pop(form.get("code", ""), None)  # a code is good once
        digest = hashlib.sha256(form.get("code_verifier", "").encode()).digest()
        challenge = base64.urlsafe_b64encode(digest).rstrip(b"=").decode()
        if asked is None or asked["redirect_uri"] != form["redirect_uri"] or asked["code_challenge"] != challenge:
            return 400, {"error": "invalid_grant"}
        now = int(time.time())
        claims = {"iss": self.issuer, "aud": CLIENT, "iat": now, "exp": now + 300, "nonce": asked["nonce"],
                  **({"sub": self.claims["sub"]} if self.userinfo else self.claims)}
        access = secrets.token_urlsafe(16)
        self.tokens.add(access)
        return 200, {"access_token": access, "token_type": "Bearer", "id_token": self._signed(self.change(claims))}

    def _signed(self, claims: Claims) -> str:
        key = self.ec if self.algorithm.startswith("ES") else self.rsa
        header = {"alg": self.algorithm, "kid": key.kid}
        return self.sign(header, claims) if self.sign else jwt.encode(header, claims, key, algorithms=[self.algorithm])


def unsigned(_header: Mapping[str, Any], claims: Claims) -> str:
    """A token that says that it needs no signature."""
    parts = [base64.urlsafe_b64encode(json.dumps(part).encode()).rstrip(b"=").decode() for part in ({"alg": "none"}, claims)]
    return ".".join([*parts, ""])


@contextmanager
def identity_provider() -> Iterator[Provider]:
    """A provider that answers as long as this lasts."""
    provider = Provider()

    class Requests(BaseHTTPRequestHandler):
        """Hands requests over."""

        def do_GET(self) -> None:
            self._give({})

        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"])).decode()
            self._give({key: values[0] for key, values in parse_qs(body).items()})

        def _give(self, form: Mapping[str, str]) -> None:
            status, found = provider.answer(urlsplit(self.path).path, form, dict(self.headers))
            body = found if isinstance(found, bytes) else json.dumps(found).encode()
            self.send_response(status)
            self.send_header("Content-Type", "application/json")
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_args: object) -> None:
            return

    server = ThreadingHTTPServer(("127.0.0.1", 0), Requests)
    provider.issuer = f"http://127.0.0.1:{server.server_port}"
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield provider
    finally:
        server.shutdown()
        server.server_close()
        thread.join(10)
