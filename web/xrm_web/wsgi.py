# SPDX-License-Identifier: Apache-2.0
"""The web app for a WSGI server: each of its processes calls ``make_application`` once."""

from __future__ import annotations

import gc
import logging
import os
from typing import TYPE_CHECKING

from xrm.log_lines import log_to_stderr

if TYPE_CHECKING:
    from flask import Flask

SAFE_VARIABLE = "XRM_SAFE_MODE"
TOLD_VARIABLE = "XRM_FILES_TOLD"  # set by whoever started this process and said what is wrong with files of plugins


def make_application() -> Flask:
    """The app of the instance in ``XRM_HOME``; without the code of plugins when ``XRM_SAFE_MODE`` is set.

    Raises:
        ConfigurationError: when settings, database URL or secret are not usable.
    """
    # Does nothing where the server has set up the log; stdout belongs to whoever started us.
    log_to_stderr()
    logging.getLogger("xrm.plugins.files").disabled = bool(os.environ.get(TOLD_VARIABLE))
    # What a start makes stays to the end: looking through it for garbage, now or later, costs time and finds none.
    gc.disable()
    try:
        return _open()
    finally:
        gc.freeze()
        gc.enable()


def _open() -> Flask:
    # Here, because most of the start is loading these.
    from xrm.runtime import open_runtime  # noqa: PLC0415
    from xrm.settings import load_settings  # noqa: PLC0415
    from xrm_web.app import create_app  # noqa: PLC0415
    from xrm_web.heartbeat import Busy, keep_beating  # noqa: PLC0415

    runtime = open_runtime(load_settings(), safe=bool(os.environ.get(SAFE_VARIABLE)))
    app, busy = create_app(runtime), Busy()
    app.wsgi_app = busy.around(app.wsgi_app)  # type: ignore[method-assign,assignment]
    keep_beating(runtime, busy)
    return app
