# SPDX-License-Identifier: Apache-2.0
"""The one list of all kinds of job and what does them."""

from __future__ import annotations

from xrm.channels.delivery import give_up_message, send_message
from xrm.invitations.mails import SYSTEM_MAIL_JOB
from xrm.jobs.kinds import JobKind, Kinds
from xrm.plugin_removal.dropping import drop_due_job
from xrm.plugin_removal.records import DROP_JOB
from xrm.relocation.running import move_contents_job
from xrm.relocation.service import MOVE_JOB
from xrm.scores.running import run_scores_job
from xrm.system_mail.delivery import send_system_mail

KINDS: Kinds = {
    "send_message": JobKind(send_message, give_up_message),
    "run_scores": JobKind(run_scores_job),
    SYSTEM_MAIL_JOB: JobKind(send_system_mail),
    DROP_JOB: JobKind(drop_due_job),
    MOVE_JOB: JobKind(move_contents_job),
}
