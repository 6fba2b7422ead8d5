"""The API keeps to its description, whatever is sent."""

import subprocess
import sys

import pytest

from .world import SERVICE_TOKEN, WEBHOOK_SECRET

_CHECKS = (
    "not_a_server_error",
    "status_code_conformance",
    "content_type_conformance",
    "response_headers_conformance",
    "response_schema_conformance",
    "negative_data_rejection",
    "unsupported_method",
    "ignored_auth",
)
_CONFIG = """\
seed = 20
continue-on-failure = true
[headers]
Authorization = "Bearer {token}"
[parameters]
"path.video_id" = "{video_id}"
"path.upload_id" = "{upload_id}"
"path.run_id" = "{run_id}"
"path.caption_id" = 1
"header.x-webhook-secret" = "{webhook_secret}"
[generation]
max-examples = 10
database = "none"
"""


def describe(api):
    """The description."""
    return api.http.get("/openapi.json").json()


def test_is_complete(api):
    """Each operation has an id, a tag, a summary, words, and a schema for each answer."""
    description = describe(api)
    tags = {tag["name"] for tag in description["tags"]}
    ids = []
    for path, methods in description["paths"].items():
        for operation in methods.values():
            ids.append(operation["operationId"])
            assert operation["tags"][0] in tags
            assert operation["summary"]
            assert operation["description"]
            for status, response in operation["responses"].items():
                where = (path, status)
                assert response["description"], where
                if status == "204":
                    assert "content" not in response, where
                    continue
                is_problem = int(status) >= 400 and (path, status) != ("/readyz", "503")
                for kind, content in response["content"].items():
                    assert content["schema"], where
                    assert (kind == "application/problem+json") == is_problem, where
    assert len(ids) == len(set(ids))


def test_schemes(api):
    """Users and flows prove themselves in different ways."""
    schemes = describe(api)["components"]["securitySchemes"]
    assert set(schemes) == {"userToken", "serviceToken"}


@pytest.mark.timeout(300)
@pytest.mark.parametrize("who", ["people", "flows"])
def test_whatever_is_sent(api, world, member, tmp_path, who):
    """No server error and no answer that is not described, for good and bad requests."""
    video = world.new_video(member.tenant_id)
    upload = member.ok("POST", "/v1/uploads", {"filename": "f", "size_bytes": 5})
    body = {"crop_region": [0.1, 0.8, 0.9, 0.95]}
    run = member.ok("POST", f"/v1/videos/{video.id}/actions/approve-layout", body)
    config = tmp_path / "schemathesis.toml"
    config.write_text(
        _CONFIG.format(
            token=SERVICE_TOKEN if who == "flows" else member.token,
            webhook_secret=WEBHOOK_SECRET,
            video_id=video.id,
            upload_id=upload["id"],
            run_id=run["run_id"],
        )
    )
    options = {
        "checks": ",".join(_CHECKS),
        "phases": "examples,coverage,fuzzing",
        "exclude-path": "/v1/events",  # it has no end
        "exclude-method": "DELETE",  # or all the others would find nothing any more
        "include-tag" if who == "flows" else "exclude-tag": "internal",
        "suppress-health-check": "all",
        "warnings": "off",
    }
    command = [sys.executable, "-m", "schemathesis.cli", f"--config-file={config}", "run"]
    command += [f"--{name}={value}" for name, value in options.items()]
    done = subprocess.run(  # the tests' own tool
        [*command, f"{api.url}/openapi.json"],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
        timeout=280,
    )
    assert done.returncode == 0, done.stdout[-8000:] + done.stderr[-2000:]
    assert "No issues found" in done.stdout
