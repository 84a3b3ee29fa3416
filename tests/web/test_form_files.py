# SPDX-License-Identifier: Apache-2.0
"""Pictures in forms: kept as they are, given only to those who see their owner, refused when they are something else."""

from __future__ import annotations

import io
from collections.abc import Callable
from typing import Any
from uuid import UUID

import pytest
from flask.testing import FlaskClient

from tests.factories.access import Departments, add_user
from xrm.entities.queries import get_entity
from xrm.entities.service import create_entity
from xrm.runtime import Runtime
from xrm.unit_of_work import system_actor

SYSTEM = system_actor()
PNG = b"\x89PNG\r\n\x1a\n" + b"\0" * 64


@pytest.fixture
def ada(runtime: Runtime, departments: Departments) -> UUID:
    """A person."""
    values = {"first_name": "Ada", "last_name": "Byron"}
    return runtime.write(lambda uow: create_entity(uow, "person", values, department=departments.sales), SYSTEM)


def photo_of(runtime: Runtime, person: UUID) -> UUID | None:
    """The picture of a person."""
    photo: UUID | None = runtime.read(lambda uow: get_entity(uow, person), SYSTEM).fields["photo"]
    return photo


def test_a_picture_is_kept_and_only_downloaded_by_whoever_sees_its_owner(
    client: FlaskClient, sign_in: Callable[[Any], FlaskClient], runtime: Runtime, departments: Departments, ada: UUID
) -> None:
    other = sign_in(runtime.write(lambda uow: add_user(uow, "o@example.org", {departments.press: ["*:read"]}), SYSTEM))

    data = {"photo": (io.BytesIO(PNG), "../../ada.png")}
    client.post(f"/base/person/{ada}/edit", data=data, content_type="multipart/form-data")
    photo = photo_of(runtime, ada)
    with client.get(f"/files/{photo}") as answer:
        received = answer.data

    assert received == PNG
    assert answer.headers["Content-Disposition"] == "attachment; filename=ada.png"
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert "sandbox" in answer.headers["Content-Security-Policy"]
    assert other.get(f"/files/{photo}").status_code == 404


@pytest.mark.parametrize("content", [b"<svg onload=alert(1)>", b"", b"MZ\x90\0"])
def test_what_is_no_picture_is_refused_whatever_its_name(
    client: FlaskClient, runtime: Runtime, ada: UUID, content: bytes
) -> None:
    data = {"photo": (io.BytesIO(content), "ada.png")}

    answer = client.post(f"/base/person/{ada}/edit", data=data, content_type="multipart/form-data")

    assert answer.status_code == 422
    assert photo_of(runtime, ada) is None
