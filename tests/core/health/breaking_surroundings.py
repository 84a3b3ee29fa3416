# SPDX-License-Identifier: Apache-2.0
"""Ways to break what an instance stands on: program, folder, settings, plugins, backups."""

from __future__ import annotations

import os
import sys
import zipfile
import zoneinfo

from sqlalchemy import insert, update

from tests.core.health.scene import LONG_AGO, MANIFEST, Break, Scene
from xrm.access.models import user
from xrm.plugin_host.models import plugin_quarantine


def _python(scene: Scene) -> None:
    scene.patch.setattr("xrm.health.program.OLDEST_PYTHON", (99, 0))


def _packages(scene: Scene) -> None:
    old = scene.folder / "click-1.0.dist-info"
    old.mkdir()
    (old / "METADATA").write_text("Metadata-Version: 2.1\nName: click\nVersion: 1.0\n", encoding="utf-8")
    scene.patch.syspath_prepend(str(scene.folder))


def _time_zones(scene: Scene) -> None:
    scene.patch.setattr(zoneinfo, "TZPATH", zoneinfo.TZPATH)  # taken back after the test
    scene.patch.setitem(sys.modules, "tzdata", None)
    zoneinfo.reset_tzpath(to=[])


def _passwords(scene: Scene) -> None:
    scene.set(password_list="nowhere.txt")


def _folder(scene: Scene) -> None:
    scene.home.chmod(0o755)


def _private_files(scene: Scene) -> None:
    scene.home.chmod(0o755)
    (scene.home / "xrm.toml").write_text("", encoding="utf-8")
    (scene.home / "xrm.toml").chmod(0o644)


def _secret(scene: Scene) -> None:
    (scene.home / "secret.key").write_text("x" * 40, encoding="utf-8")
    (scene.home / "secret.key").chmod(0o644)


def _secret_age(scene: Scene) -> None:
    file = scene.home / "secret.key"
    file.touch(mode=0o600)
    os.utime(file, (LONG_AGO.timestamp(), LONG_AGO.timestamp()))


def _disk(scene: Scene) -> None:
    scene.patch.setattr("xrm.health.surroundings.LOW_DISK", 10**18)


def _address(scene: Scene) -> None:
    scene.set(base_url="http://crm.example.org")


def _mail(scene: Scene) -> None:
    scene.set(mail_server="smtp://127.0.0.1:1", mail_from="crm@example.org", base_url="https://crm.example.org")


def _single_sign_on(scene: Scene) -> None:
    scene.set(oidc={"example": {"issuer": "https://id.example.org"}})


def _plugins(scene: Scene) -> None:
    scene.add_plugin("broken", "plugin: broken\nnonsense: [\n")


def _quarantine(scene: Scene) -> None:
    scene.run(insert(plugin_quarantine).values(
        plugin="ant", since=LONG_AGO, reason="it failed", reference="1a2b", process="here:1", failures="[]",
    ))


def _slow(scene: Scene) -> None:
    watch = scene.runtime.host.watch
    for _ in range(5):
        watch.count("base", "panels", watch.now() - 2, has_failed=False)


def _translations(scene: Scene) -> None:
    manifest = MANIFEST.format(name="mute").replace("required: true", "required: false")
    scene.add_plugin("mute", manifest, **{"translations/fr/LC_MESSAGES/messages.po": ""})


def _backup(scene: Scene) -> None:
    scene.run(update(user).values(created_at=LONG_AGO))


def _last_backup(scene: Scene) -> None:
    (scene.home / "backups").mkdir(mode=0o700)
    with zipfile.ZipFile(scene.home / "backups" / "2026.xrmbackup", "w") as archive:
        archive.writestr("nonsense", "x")


def _leftovers(scene: Scene) -> None:
    left = scene.home / "backups" / ".partial-99999999-x"
    left.mkdir(parents=True)
    (left / "archive").write_text("x", encoding="utf-8")
    os.utime(left, (LONG_AGO.timestamp(), LONG_AGO.timestamp()))


def _plugin_settings(scene: Scene) -> None:
    scene.add_plugin("pigeons", MANIFEST.format(name="pigeons"))


BREAKS: tuple[Break, ...] = (
    ("python", "python", "bad", _python, ""),
    ("packages", "package click", "warn", _packages, ""),
    ("time zones", "time zones", "warn", _time_zones, ""),
    ("passwords", "passwords", "bad", _passwords, ""),
    ("folder", "folder", "warn", _folder, ""),
    ("private files", "private files", "warn", _private_files, ""),
    ("secret", "secret", "warn", _secret, ""),
    ("secret age", "secret age", "warn", _secret_age, ""),
    ("disk", "disk", "warn", _disk, ""),
    ("address", "address", "warn", _address, ""),
    ("mail", "mail", "bad", _mail, ""),
    ("single sign-on", "single sign-on", "bad", _single_sign_on, ""),
    ("plugins", "plugin broken", "bad", _plugins, ""),
    ("quarantine", "quarantine ant", "bad", _quarantine, ""),
    ("slow plugins", "slow base.panels", "warn", _slow, ""),
    ("translations", "translations mute", "warn", _translations, ""),
    ("backup", "backup", "warn", _backup, ""),
    ("last backup", "last backup", "bad", _last_backup, ""),
    ("leftovers", "leftovers", "warn", _leftovers, ""),
    ("plugin settings", "plugin pigeons", "warn", _plugin_settings, ""),
)
