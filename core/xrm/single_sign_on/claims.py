# SPDX-License-Identifier: Apache-2.0
"""ID tokens: signed by the provider's key, for us, now, and in answer to what we asked; nothing in them counts before that."""

from __future__ import annotations

import base64
import binascii
import hmac
import json
import time
from typing import Any

from xrm.errors import ConfigurationError, msg
from xrm.single_sign_on.discovery import keys_of
from xrm.single_sign_on.fetching import ProviderFailed
from xrm.single_sign_on.providers import Provider

# By our list and never by the token's: a key of one kind is not used for another.
ALGORITHMS = {"RS256": "RSA", "ES256": "EC"}
SKEW = 60.0  # seconds that clocks may differ
LONGEST = 64 * 1024
LONGEST_SUBJECT = 255


def verified_claims(token: str, provider: Provider, nonce: str) -> dict[str, Any]:
    """The claims of an ID token.

    Raises:
        ProviderFailed: saying what of it cannot be trusted; for the log.
        ConfigurationError: when the extra ``oidc`` is not installed.
    """
    header = _header(token)
    algorithm, key_id = header.get("alg"), header.get("kid")
    if algorithm not in ALGORITHMS:
        raise ProviderFailed(f"the ID token is signed by {algorithm!r}")
    keys = keys_of(provider.issuer, key_id if isinstance(key_id, str) else None)
    claims = _decoded(token, algorithm, [one for one in keys if one.get("kty") == ALGORITHMS[algorithm]])
    _check(claims, provider, nonce)
    return claims


def _header(token: str) -> dict[str, Any]:
    first, _, rest = token.partition(".")
    if len(token) > LONGEST or rest.count(".") != 1:
        raise ProviderFailed("the ID token is no signed token")
    try:
        header = json.loads(base64.urlsafe_b64decode(first + "=" * (-len(first) % 4)))
    except (ValueError, binascii.Error) as error:
        raise ProviderFailed("the ID token has no header") from error
    if not isinstance(header, dict):
        raise ProviderFailed("the ID token has no header")
    return header


def _decoded(token: str, algorithm: str, keys: list[dict[str, Any]]) -> dict[str, Any]:
    try:
        from joserfc import jwk, jwt  # noqa: PLC0415  # only in the extra
        from joserfc.errors import JoseError  # noqa: PLC0415
    except ImportError as error:
        raise ConfigurationError(msg("Single sign-on needs more than is installed. Run: pip install 'xrm[oidc]'")) from error
    for key in keys:
        try:
            claims = jwt.decode(token, jwk.import_key(key), algorithms=[algorithm]).claims
        except (JoseError, ValueError, TypeError):  # the next key may be the one
            continue
        if isinstance(claims, dict):
            return claims
    raise ProviderFailed("no key of the provider signed the ID token")


def _check(claims: dict[str, Any], provider: Provider, nonce: str) -> None:
    now = time.time()
    audience = claims.get("aud")
    audiences = audience if isinstance(audience, list) else [audience]
    authorized = claims.get("azp", provider.client_id if len(audiences) == 1 else None)
    expires, issued, begins = _moment(claims.get("exp")), _moment(claims.get("iat")), claims.get("nbf")
    subject = claims.get("sub")
    wrong = {
        "issuer": claims.get("iss") != provider.issuer,
        "audience": provider.client_id not in audiences or authorized != provider.client_id,
        "time of end": expires is None or expires + SKEW < now,
        "time of issue": issued is None or issued - SKEW > now,
        "time of beginning": begins is not None and (_moment(begins) or now + 2 * SKEW) - SKEW > now,
        "nonce": not hmac.compare_digest(str(claims.get("nonce", "")).encode(), nonce.encode()),
        "subject": not isinstance(subject, str) or not 0 < len(subject) <= LONGEST_SUBJECT or not subject.isprintable(),
    }
    found = [name for name, is_wrong in wrong.items() if is_wrong]
    if found:
        raise ProviderFailed(f"the ID token has a wrong {found[0]}")


def _moment(value: Any) -> float | None:
    if isinstance(value, bool) or not isinstance(value, (int, float)) or not 0 < value < 1e12:
        return None
    return float(value)
