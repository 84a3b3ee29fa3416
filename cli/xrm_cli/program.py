# SPDX-License-Identifier: Apache-2.0
"""The program ``xrm``: which nouns there are and where each lives."""

from __future__ import annotations

import click

from xrm_cli.declaring import Options, Program

NOUNS = {
    "init": ("commands.init", "init", "Make an instance with its first administrator."),
    "demo": ("commands.demonstration", "demo", "Fill an instance with a made-up organization."),
    "serve": ("commands.serve", "serve", "Serve the web pages."),
    "worker": ("commands.worker", "worker", "Run the jobs that wait, such as mail to send."),
    "schema": ("commands.schema", "schema", "Tables: what waits, and creating what is missing."),
    "migrate": ("commands.schema", "migrate", "The same as: xrm schema apply."),
    "field": ("commands.field", "field", "Your own fields: add, rename, retire, list."),
    "department": ("commands.department", "department", "Departments: list, create."),
    "user": ("commands.user", "user", "Users: list, create, invite, grant rights; permission sets."),
    "token": ("commands.token", "token", "API tokens: create, list, revoke."),
    "access": ("commands.access", "access", "Rights: why somebody may do something, or may not."),
    "plugin": ("commands.plugin", "plugin", "Plugins: list, show, export, remove, restore."),
    "entity": ("commands.entity", "entity", "Parties, roles and records: list, show, create, update, delete."),
    "role": ("commands.role", "role", "Roles of a party: start, end, list."),
    "relationship": ("commands.relationship", "relationship", "Relationships: list, create, end."),
    "interaction": ("commands.interaction", "interaction", "Interactions: add, list."),
    "contact-point": ("commands.contact_point", "contact_point", "Contact points of an entity: add, list, end."),
    "import": ("commands.imports", "import_file", "Import a CSV or Excel file by a mapping."),
    "search": ("commands.search", "search", "Find parties and records by words."),
    "score": ("commands.score", "score", "Scores: run, show."),
    "job": ("commands.job", "job", "Jobs: list, run, retry, cancel."),
    "audit": ("commands.audit", "audit", "The audit log: verify, list, export, head, seen."),
    "backup": ("commands.backup", "backup", "Backups: create, verify, restore, list."),
    "doctor": ("commands.doctor", "doctor", "Check the installation, with remedies."),
    "config": ("commands.config", "config", "Settings and where each comes from."),
    "completion": ("commands.completion", "completion", "Completion for your shell."),
}


@click.group(cls=Program, nouns=NOUNS, context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 110})
@click.version_option(package_name="xrm", prog_name="xrm")
@click.pass_context
def program(context: click.Context) -> None:
    """Any-relationship management: one graph of people and organizations and what they are to us.

    The instance is the folder in XRM_HOME (default: ./instance). Data goes to stdout, everything else to stderr.
    """
    context.ensure_object(Options)
