# SPDX-License-Identifier: Apache-2.0
"""The one list of all checks, in the order in which they are made; the page and ``xrm doctor`` show what they find."""

from __future__ import annotations

from xrm.errors import msg
from xrm.health.backups import check_backups, check_last_backup, check_leftovers, verify_last_backup
from xrm.health.checks import Check, of_database, of_program, of_settings
from xrm.health.contents import check_files, check_search, examine_files, examine_search
from xrm.health.databases import check_answer, check_clock, check_database_settings, check_database_version, check_log_size
from xrm.health.ended import check_ended
from xrm.health.jobs import check_failed, check_stuck, check_worker
from xrm.health.people import check_administrators, check_departments, check_second_factors, check_tokens, check_users
from xrm.health.plugin_setup import check_icons, check_sealed, check_settings, check_translations
from xrm.health.plugins import check_own_fields, check_plugins, check_quarantine, check_speed, check_themselves
from xrm.health.program import check_packages, check_password_list, check_python, check_time_zones, check_versions
from xrm.health.sequences import check_audit_numbers, check_outbox, check_verification
from xrm.health.surroundings import (
    check_address,
    check_disk,
    check_folder,
    check_private_files,
    check_secret,
    check_secret_age,
)
from xrm.health.tables import check_integrity, check_tables, check_titles, examine_drift, examine_integrity, examine_links
from xrm.health.ways_in import check_mail, check_single_sign_on, examine_mail

OF_THE_PROGRAM = (
    Check("python", msg("The version of Python"), "bad", of_settings(check_python)),
    Check("packages", msg("The packages that the program needs"), "bad", of_settings(check_packages)),
    Check("time zones", msg("Time zones"), "warn", of_settings(check_time_zones)),
    Check("passwords", msg("The list of known passwords"), "bad", of_settings(check_password_list)),
)
OF_SURROUNDINGS = (
    Check("folder", msg("The folder of the instance"), "bad", of_settings(check_folder)),
    Check("private files", msg("Who can read the files of the instance"), "warn", of_settings(check_private_files)),
    Check("secret", msg("The secret key, and who can read it"), "bad", of_settings(check_secret)),
    Check("secret age", msg("The age of the secret key"), "warn", of_settings(check_secret_age)),
    Check("disk", msg("Room on the disk"), "bad", of_settings(check_disk)),
    Check("address", msg("The address under which people reach xrm"), "warn", of_settings(check_address)),
    Check("mail", msg("The mail server"), "bad", of_settings(check_mail), of_settings(examine_mail)),
    Check("single sign-on", msg("Providers of single sign-on"), "bad", of_settings(check_single_sign_on)),
)
OF_PLUGINS = (
    Check("plugins", msg("Plugins"), "bad", of_program(check_plugins)),
    Check("quarantine", msg("Plugins that failed too often"), "bad", of_program(check_quarantine)),
    Check("slow plugins", msg("Plugins for which pages wait"), "warn", of_program(check_speed)),
    Check("icons", msg("Icons that plugins name"), "warn", check_icons),
    Check("translations", msg("Languages of plugins"), "warn", of_program(check_translations)),
    Check("own fields", msg("Fields that administrators added"), "bad", of_program(check_own_fields)),
)
OF_THE_DATABASE = (
    Check("database", msg("The database"), "bad", of_program(check_answer), is_gate=True),
    Check("integrity", msg("Integrity of the database"), "bad", of_program(check_integrity), of_program(examine_integrity)),
    Check("versions", msg("Versions of program and tables"), "bad", of_program(check_versions)),
    Check("tables", msg("Changes of the schema"), "bad", of_program(check_tables)),
    Check("drift", msg("Changes by hand"), "warn", None, of_program(examine_drift)),
    Check("titles", msg("Titles and stored formulas"), "warn", of_program(check_titles)),
    Check("links", msg("References between rows"), "bad", None, of_program(examine_links)),
    Check("database version", msg("The version of the database"), "warn", of_database(check_database_version)),
    Check("database settings", msg("Settings of the database"), "bad", of_database(check_database_settings)),
    Check("clock", msg("Clocks"), "warn", of_database(check_clock)),
    Check("log size", msg("The write-ahead log of the database"), "warn", of_program(check_log_size)),
    Check("backup", msg("The age of the last backup"), "warn", of_database(check_backups)),
    Check("last backup", msg("The last backup"), "bad", of_settings(check_last_backup),
          of_settings(verify_last_backup)),
    Check("leftovers", msg("Copies left half done"), "warn", of_program(check_leftovers)),
)
OF_CONTENTS = (
    Check("search index", msg("The search index"), "bad", of_database(check_search), of_program(examine_search)),
    Check("files", msg("Uploaded files"), "bad", of_database(check_files), of_database(examine_files)),
    Check("audit numbers", msg("Numbering of the audit log"), "warn", of_database(check_audit_numbers)),
    Check("audit", msg("The last verification of the audit log"), "bad", of_database(check_verification)),
    Check("outbox", msg("Numbering of events"), "warn", of_database(check_outbox)),
    Check("worker", msg("The worker"), "bad", of_database(check_worker)),
    Check("stuck jobs", msg("Jobs of workers that are gone"), "warn", of_database(check_stuck)),
    Check("jobs", msg("Jobs and mails that failed"), "warn", of_database(check_failed)),
)
OF_PEOPLE = (
    Check("administrator", msg("Who administers"), "bad", of_database(check_administrators)),
    Check("second factor", msg("Second factors of administrators"), "warn", of_database(check_second_factors)),
    Check("users", msg("Rights of users"), "warn", of_database(check_users)),
    Check("departments", msg("Departments that nobody works in"), "warn", of_database(check_departments)),
    Check("tokens", msg("API tokens that expire soon"), "warn", of_database(check_tokens)),
    Check("sessions", msg("Sessions and links that ended"), "warn", of_database(check_ended)),
    Check("plugin settings", msg("Settings that plugins need"), "warn", of_database(check_settings)),
    Check("sealed secrets", msg("Sealed secrets"), "bad", of_database(check_sealed)),
    Check("plugins themselves", msg("What plugins say of themselves"), "bad", of_database(check_themselves)),
)
CHECKS = (*OF_THE_PROGRAM, *OF_SURROUNDINGS, *OF_PLUGINS, *OF_THE_DATABASE, *OF_CONTENTS, *OF_PEOPLE)
