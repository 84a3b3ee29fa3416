# SPDX-License-Identifier: Apache-2.0
"""Setting a plugin up, everywhere or for a department; secrets are sealed and never given back."""

from __future__ import annotations

import uuid
from collections.abc import Collection, Mapping

from sqlalchemy import delete, insert, select

from xrm.access.policy import require, require_everywhere
from xrm.audit.service import record_audit
from xrm.db.ids import new_id
from xrm.departments.queries import get_tree
from xrm.errors import InvalidInput, Problem
from xrm.events import record_event
from xrm.plugin_settings.models import plugin_setting
from xrm.plugin_settings.queries import purpose_of
from xrm.schema.fields.base import InvalidValue
from xrm.schema.model import Field
from xrm.schema.suggest import unknown
from xrm.sealing import seal
from xrm.unit_of_work import UnitOfWork

RIGHT = "plugin:administer"
MASK = "•••"  # what stands for a secret in the audit log


def save_settings(
    uow: UnitOfWork, name: str, values: Mapping[str, str], *, department: uuid.UUID | None = None, removed: Collection[str] = ()
) -> list[str]:
    """Set these values of a plugin for a department (everywhere, without one) and return the keys that changed.

    An empty value takes what was set there away, so that what is set above holds again; of a secret it leaves what is there,
    and only ``removed`` takes it away.

    Raises:
        NotFound: for an unknown plugin or department.
        PermissionDenied: without the right to administer plugins there (in all departments, for everywhere).
        InvalidInput: for an unknown setting, or a value that its type does not take.
    """
    manifest = uow.host.get(name).manifest
    if department is None:
        require_everywhere(uow, RIGHT)
    else:
        require(uow, RIGHT, department)
    fields: Mapping[str, Field] = manifest.settings if manifest else {}
    secrets = set(manifest.asks_for.secrets) if manifest else set()
    checked = _checked(uow, fields, values)
    changes: dict[str, tuple[str | None, str | None]] = {}
    for key, value in checked.items():
        if value or key not in secrets:
            _put(uow, (name, department, key), value, changes, is_secret=key in secrets)
    for key in removed:
        _put(uow, (name, department, key), "", changes, is_secret=key in secrets)
    if changes:
        where = department or next(iter(get_tree(uow).by_id), None)
        if where is not None:
            record_audit(uow, "plugin.set_up", where, "plugin", {f"{name}.{key}": one for key, one in changes.items()},
                         department=where)
        record_event(uow, "plugin.set_up", name, (department,) if department else (), department)
    return list(changes)


def _checked(uow: UnitOfWork, fields: Mapping[str, Field], values: Mapping[str, str]) -> dict[str, str]:
    problems, found = [], {}
    for key, raw in values.items():
        field = fields.get(key)
        if field is None:
            problems.append(Problem(key, unknown("setting", key, fields)))
            continue
        field_type = uow.registry.field_types[field.type]
        try:
            found[key] = field_type.to_text(field, field_type.parse(field, raw, uow.parse_context)) if raw.strip() else ""
        except InvalidValue as error:
            problems.append(Problem(key, error.message))
    if problems:
        raise InvalidInput(problems)
    return found


def _put(
    uow: UnitOfWork, place: tuple[str, uuid.UUID | None, str], value: str, changes: dict[str, tuple[str | None, str | None]], *,
    is_secret: bool,
) -> None:
    plugin, department, key = place
    table = plugin_setting
    where = table.c.department_id.is_(None) if department is None else table.c.department_id == department
    this = (table.c.plugin == plugin) & (table.c.key == key) & where
    before = uow.execute(select(table.c.value).where(this)).scalar()
    if (before is None and not value) or (before == value and not is_secret):
        return
    uow.execute(delete(table).where(this))
    if value:
        kept = seal(uow.settings, purpose_of(*place), value.encode()).hex() if is_secret else value
        uow.execute(insert(table).values(
            id=new_id(), plugin=plugin, department_id=department, key=key, value=kept, is_sealed=is_secret, changed_at=uow.now,
            changed_by=uow.actor.user_id,
        ))
    shown = (before and MASK, value and MASK) if is_secret else (before, value)
    changes[key] = (shown[0] or None, shown[1] or None)
