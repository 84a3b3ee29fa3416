# SPDX-License-Identifier: Apache-2.0
"""Whatever happened to a backup is found and named, and nothing of a damaged one reaches an instance."""

from __future__ import annotations

import random
import stat
import zipfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.core.backup.conftest import Restore, Rewrite, contents_of
from xrm.backup.archive import MANIFEST
from xrm.backup.inspection import is_allowed
from xrm.backup.listing import list_backups
from xrm.backup.verify import verify_backup
from xrm.errors import NotFound, XrmError
from xrm.runtime import Runtime
from xrm.settings import Settings


def problems_of(path: Path) -> str:
    return "\n".join(str(problem) for problem in verify_backup(path).problems)


def damaged_copies(backup: Path, folder: Path) -> Iterator[Path]:
    whole = backup.read_bytes()
    chance = random.Random(7)
    ends = [0, 5, len(whole) - 1, len(whole) - 70, len(whole) - 100]
    for place in [*ends, *(chance.randrange(len(whole)) for _ in range(30))]:
        flipped = bytearray(whole)
        flipped[place] ^= 1 << chance.randrange(8)
        path = folder / "flipped.xrmbackup"
        path.write_bytes(flipped)
        yield path
    for length in [0, 1, 50, 200, len(whole) - 1, *(chance.randrange(len(whole)) for _ in range(10))]:
        path = folder / "cut.xrmbackup"
        path.write_bytes(whole[:length])
        yield path
    path.write_bytes(whole + b"more")
    yield path


def test_every_flipped_bit_and_every_cut_is_found(backup: Path, tmp_path: Path) -> None:
    assert verify_backup(backup).is_whole

    missed = [path for path in damaged_copies(backup, tmp_path) if verify_backup(path).is_whole]

    assert missed == []


def test_nothing_of_a_damaged_backup_reaches_the_instance(
    filled: Runtime, backup: Path, restore: Restore, settings: Settings
) -> None:
    before = contents_of(settings.database_url)
    whole = bytearray(backup.read_bytes())
    whole[len(whole) // 2] ^= 4
    backup.write_bytes(whole)
    filled.close()

    with pytest.raises(XrmError, match="damaged") as refused:
        restore(backup)

    assert refused.value.code == "damaged"
    assert contents_of(settings.database_url) == before


def test_a_member_that_was_changed_missing_or_added_is_named(backup: Path, tmp_path: Path) -> None:
    with zipfile.ZipFile(backup) as archive:
        members = {name: archive.read(name) for name in archive.namelist()}
    file = next(name for name in members if name.startswith("files/"))

    def written(changed: dict[str, bytes]) -> str:
        target = tmp_path / "changed.xrmbackup"
        with zipfile.ZipFile(target, "w") as archive:
            for name, value in changed.items():
                archive.writestr(name, value)
        return problems_of(target)

    assert f"{file} is damaged" in written({**members, file: b"other"})
    assert f"{file} is missing" in written({name: value for name, value in members.items() if name != file})
    assert "configuration/secret.key was added" not in written(members)
    assert "files/00/" + "0" * 32 + " was added" in written({**members, "files/00/" + "0" * 32: b"more"})
    assert "no manifest" in written({file: members[file]})


def test_a_database_that_is_not_whole_is_found_though_every_sum_is_right(rewrite: Rewrite, database_kind: str) -> None:
    def spoil(members: dict[str, bytes]) -> None:
        if database_kind == "postgresql":
            members["database/tables/entity"] += b"\n"
            return
        pages = members["database/xrm.db"]
        members["database/xrm.db"] = pages[:40960] + bytes(4096) + pages[45056:]

    assert problems_of(rewrite(spoil)) != ""


def test_another_number_of_rows_is_named(rewrite: Rewrite, backup: Path) -> None:
    manifest = verify_backup(backup).manifest
    assert manifest is not None

    found = problems_of(rewrite(lambda _: None, tables={**manifest.tables, "entity": 99}))

    assert "entity" in found
    assert "99" in found


@pytest.mark.parametrize(
    "name",
    ["../evil", "/etc/passwd", "files/../../evil", "plugins/../xrm.toml", "plugins/a/../../b", "plugins/a\\..\\b", "C:/evil",
     "plugins/a", "configuration/other.toml", "files/ab/short", "plugins//a/b", "plugins/a/./b", "plugins/a/b\0c",
     "database/tables/../x", ""],
)
def test_a_name_that_leads_elsewhere_is_no_name_of_a_member(name: str) -> None:
    assert not is_allowed(name)


def test_a_member_that_leads_outside_is_refused_and_nothing_is_written(rewrite: Rewrite, tmp_path: Path) -> None:
    path = rewrite(lambda members: members.update({"plugins/../../evil/plugin.yaml": b"x"}))

    assert "has no place in a backup" in problems_of(path)
    assert not list(tmp_path.rglob("evil*"))


def test_links_compressed_members_and_doubles_are_refused(backup: Path) -> None:
    link = zipfile.ZipInfo("plugins/a/link")
    link.external_attr = (stat.S_IFLNK | 0o777) << 16
    bomb = zipfile.ZipInfo("plugins/a/bomb")
    bomb.compress_type = zipfile.ZIP_DEFLATED
    with zipfile.ZipFile(backup, "a") as archive:
        archive.writestr(link, "/etc/passwd")
        archive.writestr(bomb, b"\0" * 50_000_000)
        with pytest.warns(UserWarning, match="Duplicate"):
            archive.writestr(MANIFEST, b"{}")

    found = problems_of(backup)

    assert "plugins/a/link is no plain file" in found
    assert "plugins/a/bomb is compressed" in found
    assert "manifest.json is there twice" in found


def test_what_is_no_backup_is_said_and_what_is_not_there_is_not_found(tmp_path: Path) -> None:
    text = tmp_path / "text.xrmbackup"
    text.write_text("not an archive at all")

    assert "no whole archive" in problems_of(text)
    assert [(one.path, one.problem != "") for one in list_backups(tmp_path)] == [(text, True)]
    with pytest.raises(NotFound, match="xrm backup list"):
        verify_backup(tmp_path / "gone.xrmbackup")
