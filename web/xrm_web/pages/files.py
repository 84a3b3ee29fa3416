# SPDX-License-Identifier: Apache-2.0
"""Opening uploaded files: always as a download, never as a page of ours."""

from __future__ import annotations

from uuid import UUID

from flask import Blueprint, send_file
from flask.typing import ResponseReturnValue

from xrm.files.queries import get_file
from xrm_web import sessions
from xrm_web.security import signed_in

blueprint = Blueprint("files", __name__)


@blueprint.get("/files/<uuid:file_id>")
@signed_in
def download(file_id: UUID) -> ResponseReturnValue:
    """The bytes, for whoever may see what the file belongs to."""
    found = sessions.read(lambda uow: get_file(uow, file_id))
    response = send_file(found.path, mimetype=found.media_type, as_attachment=True, download_name=found.name)
    response.headers["Content-Security-Policy"] = "sandbox; default-src 'none'"
    return response
