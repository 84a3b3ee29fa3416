# SPDX-License-Identifier: Apache-2.0
"""What watching programs ask: whether it can serve, and what it did; to strangers neither tells more."""

from __future__ import annotations

import re
from dataclasses import replace

import pytest
from flask.testing import FlaskClient

from xrm.db.engine import open_engine
from xrm.runtime import Runtime
from xrm_web.app import create_app


def test_it_says_that_it_can_serve_and_nothing_else(runtime: Runtime) -> None:
    answer = create_app(runtime, testing=True).test_client().get("/health")

    assert (answer.status_code, answer.json) == (200, {"status": "ok"})


def test_a_database_that_does_not_answer_is_a_503(runtime: Runtime) -> None:
    gone = open_engine("postgresql+psycopg://nobody:nothing@127.0.0.1:9/none")
    app = create_app(replace(runtime, engine=gone), testing=True)

    answer = app.test_client().get("/health")

    assert (answer.status_code, answer.json) == (503, {"status": "unavailable"})
    gone.dispose()


def test_metrics_are_text_that_a_collector_reads(client: FlaskClient) -> None:
    client.get("/base/person")
    client.get("/nothing-of-this-name")

    text = client.get("/metrics").text

    lines = [line for line in text.splitlines() if not line.startswith("#")]
    assert [line for line in lines if not re.fullmatch(r'[a-z_]+(\{[^{}]*\})? [0-9.e+-]+', line)] == []
    assert re.search(r'xrm_requests_total\{endpoint="lists.show",status="200",process="\d+"\} 1\b', text)
    assert 'endpoint="none",status="404"' in text
    buckets = [int(number) for number in re.findall(r'xrm_request_seconds_bucket\{endpoint="lists.show",[^}]*\} (\d+)', text)]
    assert buckets == sorted(buckets)
    assert buckets[-1] == 1
    assert {"xrm_jobs", "xrm_sessions", "xrm_info", "xrm_plugins_quarantined"} <= {re.split(r"[{ ]", line)[0] for line in lines}


@pytest.mark.parametrize(("headers", "address", "status"), [
    ({}, "127.0.0.1", 200), ({}, "::1", 200), ({}, "10.0.0.7", 404), ({"X-Forwarded-For": "127.0.0.1"}, "127.0.0.1", 404),
    ({"Authorization": "Bearer "}, "10.0.0.7", 404),
])
def test_without_a_token_only_this_machine_reads_them(
    runtime: Runtime, headers: dict[str, str], address: str, status: int
) -> None:
    client = create_app(runtime, testing=True).test_client()

    assert client.get("/metrics", headers=headers, environ_base={"REMOTE_ADDR": address}).status_code == status


@pytest.mark.parametrize(("given", "status"), [("Bearer secret-of-the-collector", 200), ("Bearer wrong", 404), ("", 404)])
def test_with_a_token_only_who_has_it_reads_them(runtime: Runtime, given: str, status: int) -> None:
    settings = replace(runtime.settings, metrics_token="secret-of-the-collector")
    client = create_app(replace(runtime, settings=settings), testing=True).test_client()

    assert client.get("/metrics", headers={"Authorization": given}).status_code == status
    assert "secret-of-the-collector" not in str(settings.masked())
