# SPDX-License-Identifier: Apache-2.0
"""The app factory: everything the web face is made of, put together in one visible place."""

from __future__ import annotations

from flask import Flask

from xrm.runtime import Runtime
from xrm_web.access_notes import init_access_notes
from xrm_web.assets import init_assets
from xrm_web.errors import init_errors
from xrm_web.i18n import init_i18n
from xrm_web.late_rules import init_late_rules
from xrm_web.metrics import init_metrics
from xrm_web.navigation import init_navigation
from xrm_web.pages import register_pages
from xrm_web.pages.single_sign_on import init_single_sign_on
from xrm_web.peers import init_peers
from xrm_web.plugin_templates import init_plugin_templates, translation_folders
from xrm_web.security import init_security
from xrm_web.sessions import init_sessions
from xrm_web.template_cache import init_template_cache


def create_app(runtime: Runtime, *, testing: bool = False) -> Flask:
    """The web app of one runtime; ``testing`` adds the style guide and lets exceptions through.

    Raises:
        ConfigurationError: when the secret key is absent or weak, or a trusted proxy is no network.
    """
    app = Flask("xrm_web")
    app.testing = testing
    app.extensions["xrm"] = runtime
    init_late_rules(app)
    app.jinja_env.trim_blocks = True
    app.jinja_env.lstrip_blocks = True
    init_metrics(app)
    init_sessions(app)
    init_security(app, runtime.settings)
    init_peers(app, runtime.settings)
    init_access_notes(app, runtime)
    init_assets(app)
    init_plugin_templates(app, runtime.host)
    init_i18n(app, translation_folders(runtime.host))
    init_errors(app)
    init_navigation(app)
    init_single_sign_on(app)
    register_pages(app)
    if not testing:
        init_template_cache(app, runtime.settings)
    return app
