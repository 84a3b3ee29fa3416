# SPDX-License-Identifier: Apache-2.0
"""Every table of the core in one MetaData: importing this module is what fills it."""

# ruff: noqa: F401  # imported for the tables they define

from __future__ import annotations

import xrm.access.models
import xrm.audit.models
import xrm.channels.models
import xrm.contact_points.models
import xrm.departments.models
import xrm.entities.models
import xrm.factors.models
import xrm.files.models
import xrm.health.models
import xrm.interactions.models
import xrm.invitations.models
import xrm.jobs.models
import xrm.migrate.models
import xrm.overlay.models
import xrm.plugin_host.models
import xrm.plugin_preview.models
import xrm.plugin_removal.models
import xrm.plugin_settings.models
import xrm.relationships.models
import xrm.roles.models
import xrm.scores.models
import xrm.search.models
import xrm.sharing.models
import xrm.single_sign_on.models
import xrm.tokens.models
from xrm.db.metadata import metadata

__all__ = ["metadata"]
