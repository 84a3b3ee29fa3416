# SPDX-License-Identifier: Apache-2.0
"""Signing in elsewhere: to a provider and back, and which of them are linked to my login."""

from __future__ import annotations

import time
from typing import Any
from uuid import UUID

from flask import Blueprint, Flask, flash, g, make_response, redirect, render_template, request, session, url_for
from flask.typing import ResponseReturnValue

from xrm.errors import ConfigurationError, XrmError
from xrm.single_sign_on.authorization import Asked, Person, answer, ask
from xrm.single_sign_on.binding import accept_as, link_to, sign_in_as
from xrm.single_sign_on.fetching import ProviderFailed
from xrm.single_sign_on.providers import Provider, get_provider, offered
from xrm.single_sign_on.queries import list_own_identities
from xrm.single_sign_on.service import unlink
from xrm.unit_of_work import UnitOfWork, system_actor
from xrm_web import link_cookie, sessions
from xrm_web.entering import enter
from xrm_web.errors import log_with_reference
from xrm_web.i18n import gettext, translate
from xrm_web.security import public, safe_next, signed_in

blueprint = Blueprint("single_sign_on", __name__)
KEPT = "sign_on"  # what was asked of a provider, in the signed cookie of forms
PATIENCE = 600  # seconds to sign in at the provider


@blueprint.get("/in/with/<key>")
@public
def begin(key: str) -> ResponseReturnValue:
    """Go to the provider; what was asked of it stays in this browser."""
    provider = get_provider(sessions.runtime().settings, key)
    try:
        return redirect(_ask(provider, safe_next(request.args.get("next"))))
    except (ProviderFailed, ConfigurationError) as error:
        return _failed(provider, error)


@blueprint.get("/in/with/<key>/back")
@public
def back(key: str) -> ResponseReturnValue:
    """Come back from the provider: as a user of here, if it is one."""
    provider = get_provider(sessions.runtime().settings, key)
    kept: dict[str, Any] = session.pop(KEPT, {})
    if kept.get("key") != key or not 0 <= time.time() - kept.get("at", 0) <= PATIENCE:
        return _failed(provider, ProviderFailed("nothing was asked by this browser, or it is too long ago"))
    asked = Asked(kept["state"], kept["nonce"], kept["verifier"])
    try:
        person = answer(provider, _back_to(provider), asked, request.args.to_dict())
        if kept.get("link_to"):
            return _link(provider, person, kept["link_to"])
        user_id = sessions.runtime().write(lambda uow: _who(uow, provider, person, kept), system_actor("web"))
    except XrmError as error:
        return _failed(provider, error)
    return link_cookie.drop(enter(user_id, "single_sign_on", kept["next"]))


@blueprint.get("/me/providers")
@signed_in
def mine() -> ResponseReturnValue:
    """Which providers are linked to my login, and which could be."""
    identities = sessions.read(list_own_identities)
    providers = {one.issuer: one for one in offered(sessions.runtime().settings)}
    linked = {one.issuer for one in identities}
    return render_template(
        "me/providers.html", identities=identities, labels={issuer: one.label for issuer, one in providers.items()},
        others=[one for issuer, one in providers.items() if issuer not in linked],
    )


@blueprint.post("/me/providers/<key>")
@signed_in
def link(key: str) -> ResponseReturnValue:
    """Prepare to link a provider. The page leads on to it: a form may not, by the policy of this site."""
    provider = get_provider(sessions.runtime().settings, key)
    try:
        href = _ask(provider, url_for("single_sign_on.mine"), for_whom=str(sessions.actor().user_id))
    except (ProviderFailed, ConfigurationError) as error:
        return _failed(provider, error)
    return render_template("me/going_on.html", provider=provider, href=href)


@blueprint.post("/me/providers/<uuid:identity_id>/remove")
@signed_in
def remove(identity_id: UUID) -> ResponseReturnValue:
    """Take one way in away."""
    sessions.write(lambda uow: unlink(uow, identity_id))
    flash(gettext("The link was taken away"))
    return redirect(url_for("single_sign_on.mine"), 303)


def init_single_sign_on(app: Flask) -> None:
    """Let templates know which providers there are."""
    app.jinja_env.globals["sign_in_providers"] = lambda: offered(sessions.runtime().settings)


def _ask(provider: Provider, target: str, *, for_whom: str = "") -> str:
    href, asked = ask(provider, _back_to(provider))
    session[KEPT] = {
        "key": provider.key, "state": asked.state, "nonce": asked.nonce, "verifier": asked.verifier, "next": target,
        "link_to": for_whom, "by_invitation": request.args.get("by") == "invitation", "at": int(time.time()),
    }
    return href


def _who(uow: UnitOfWork, provider: Provider, person: Person, kept: dict[str, Any]) -> UUID:
    token = link_cookie.token()
    if kept.get("by_invitation") and token:
        return accept_as(uow, provider, person, token)
    return sign_in_as(uow, provider, person)


def _link(provider: Provider, person: Person, user_id: str) -> ResponseReturnValue:
    actor = g.visitor.actor
    if actor is None or str(actor.user_id) != user_id:
        return _failed(provider, ProviderFailed("somebody else is signed in than who asked for the link"))
    sessions.write(lambda uow: link_to(uow, provider, person, UUID(user_id)))
    flash(gettext("You can sign in with %(provider)s from now on", provider=provider.label))
    return redirect(url_for("single_sign_on.mine"), 303)


def _back_to(provider: Provider) -> str:
    return sessions.runtime().settings.base_url.rstrip("/") + url_for("single_sign_on.back", key=provider.key)


def _failed(provider: Provider, error: XrmError) -> ResponseReturnValue:
    """That it did not work: our own reasons in words, those of the provider in the log alone."""
    if isinstance(error, (ProviderFailed, ConfigurationError)):
        reference = log_with_reference(error)
        text = gettext("The sign-in at %(provider)s did not work. Begin again.", provider=provider.label)
        text = f"{text} {gettext('Reference %(reference)s', reference=reference)}"
    else:
        text = translate(error.message)
    page = render_template(
        "said.html", title=gettext("You are not signed in"), icon_name="lock", text=text, label=gettext("Back to sign in"),
        href=url_for("sign_in.show"),
    )
    return make_response(page, 403)
