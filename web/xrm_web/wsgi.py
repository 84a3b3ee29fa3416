# SPDX-License-Identifier: Apache-2.0
"""The web app for a WSGI server: each of its processes calls ``make_application`` once."""

from __future__ import annotations

import os

from flask import Flask

from xrm.runtime import open_runtime
from xrm.settings import load_settings
from xrm_web.app import create_app

SAFE_VARIABLE = "XRM_SAFE_MODE"


def make_application() -> Flask:
    """The app of the instance in ``XRM_HOME``; without the code of plugins when ``XRM_SAFE_MODE`` is set.

    Raises:
        ConfigurationError: when settings, database URL or secret are not usable.
    """
    return create_app(open_runtime(load_settings(), safe=bool(os.environ.get(SAFE_VARIABLE))))
