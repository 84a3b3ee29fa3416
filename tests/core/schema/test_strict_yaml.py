# SPDX-License-Identifier: Apache-2.0
"""Strict YAML: what plain text means, and that every refused construct is located and has a remedy."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path

import pytest

from xrm.errors import InvalidInput
from xrm.schema.strict_yaml import MAX_BYTES, parse, read


@pytest.mark.parametrize(
    "word",
    [
        "NO",
        "no",
        "yes",
        "on",
        "Off",
        "True",
        "FALSE",
        "Null",
        "1_000",
        "2020-01-01",
        "12:30",
        "0.1.0",
        "01000",
        "+33142685300",
        ".inf",
        "0o8",
        "1" * 40,
        "1e999",
    ],
)
def test_plain_text_stays_text(word: str) -> None:
    assert parse(f"value: {word}").data == {"value": word}


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ("true", True),
        ("false", False),
        ("null", None),
        ("~", None),
        ("", None),
        ("0", 0),
        ("-12", -12),
        ("0x1F", 31),
        ("0o17", 15),
    ],
)
def test_plain_words_of_yaml_1_2_have_their_value(written: str, meant: object) -> None:
    value = parse(f"value: {written}").data["value"]
    assert (value, type(value)) == (meant, type(meant))


@pytest.mark.parametrize(("written", "meant"), [("0.10", "0.10"), ("-2.5", "-2.5"), (".5", "0.5"), ("1e3", "1E+3")])
def test_decimals_are_exact(written: str, meant: str) -> None:
    value = parse(f"value: {written}").data["value"]
    assert isinstance(value, Decimal)
    assert str(value) == meant


def test_quoted_scalars_and_keys_are_text() -> None:
    assert parse("{'1': \"true\", 2: '3', true: x, NO: y}").data == {"1": "true", "2": "3", "true": "x", "NO": "y"}


@pytest.mark.parametrize(
    ("text", "where", "remedy"),
    [
        ("a: &x 1", "1:4", "Write the value out"),
        ("a: 1\nb: *x", "2:4", "Write the value out"),
        ("a: 1\nb: !!str 2", "2:4", "Remove it"),
        ("a:\n  - !python/object:os.system {}", "2:5", "Remove it"),
        ("a: 1\n<<: {b: 2}", "2:1", "Write the keys out"),
        ("a:\n  b: 1\n  c: 2\n  b: 3", "4:3", "already in line 2"),
        ("a: 1\n---\nb: 2", "2:1", "one document per file"),
        ("%YAML 1.1\n---\na: 1", "1:1", "Remove the line"),
        ("a: 1\nb: x\x00y", "2:5", "Remove it"),
        ("? [a]\n: 1", "1:3", "text before the colon"),
        ("'a': 1\n~: 2", "2:1", "key is missing"),
        ("a: b: c", "1:5", "in quotes"),
        ("a: 1\n\tb: 2", "2:1", "never with tabs"),
        ("a: [1, 2", "2:1", 'Close it with "]"'),
        ("a: {b: 1", "2:1", 'Close it with "}"'),
        ('a: "never closed', "1:17", "Close it"),
        ("a: @home", "1:4", "Put it in quotes"),
    ],
)
def test_refused_constructs_name_place_and_remedy(text: str, where: str, remedy: str) -> None:
    with pytest.raises(InvalidInput) as caught:
        parse(text, "file.yaml")
    assert caught.value.problems[0].where == f"file.yaml:{where}"
    assert remedy in str(caught.value.problems[0].message)


def test_several_refused_constructs_are_reported_together() -> None:
    with pytest.raises(InvalidInput) as caught:
        parse("a: &x 1\nb: *x\na: 2", "file.yaml")
    assert [problem.where for problem in caught.value.problems] == ["file.yaml:1:4", "file.yaml:2:4", "file.yaml:3:1"]


@pytest.mark.parametrize("text", ["[" * 41, "[" * 200_000, "\n".join(" " * depth + "a:" for depth in range(42)) + " {}"])
def test_deep_nesting_is_refused(text: str) -> None:
    with pytest.raises(InvalidInput, match="deeper than 40 levels"):
        parse(text)


def test_forty_levels_are_taken() -> None:
    assert parse("[" * 40 + "]" * 40).data


@pytest.mark.parametrize(
    ("raw", "where", "said"),
    [
        (b"a: 1\nb: caf\xe9", ":2:7", "0xE9 is not UTF-8"),
        ("a: 1".encode("utf-16"), ":1:1", "UTF-16"),
        (b"a: " + b"x" * MAX_BYTES, "", "Larger than"),
    ],
)
def test_files_in_another_encoding_or_too_large_are_refused(tmp_path: Path, raw: bytes, where: str, said: str) -> None:
    file = tmp_path / "file.yaml"
    file.write_bytes(raw)
    with pytest.raises(InvalidInput) as caught:
        read(file)
    assert caught.value.problems[0].where == f"{file}{where}"
    assert said in str(caught.value.problems[0].message)


def test_a_missing_file_is_a_problem_with_its_path(tmp_path: Path) -> None:
    with pytest.raises(InvalidInput, match=r"none\.yaml: Cannot be read"):
        read(tmp_path / "none.yaml")


def test_a_byte_order_mark_is_ignored(tmp_path: Path) -> None:
    file = tmp_path / "file.yaml"
    file.write_bytes(b"\xef\xbb\xbfa: 1")
    assert read(file).data == {"a": 1}


def test_each_value_and_key_knows_its_place() -> None:
    document = parse("a: 1\nb:\n  - {c: x, d: é}\n", "file.yaml")
    assert str(document.at(("b", 0, "d"))) == "file.yaml:3:15"
    assert str(document.at(("b", 0, "d"), key=True)) == "file.yaml:3:12"
    assert str(document.at(("b", 0, "missing"))) == "file.yaml:3:5"
    assert str(document.at(("b", "missing"))) == "file.yaml:2:1"
