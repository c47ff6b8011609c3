"""What we post is, byte for byte, what the unmodified SDK posts; and the SDK understands the loopback's refusals."""

import base64
import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from infra.dev import fcm_account
from tests.notifications.sdk_beside_ours import HOSTS, REFUSALS, wishes
from tests.support.certificates import make_certificate
from tests.support.supervised import ROOT

_NAMESPACE = ["unshare", "--mount", "--net", *([] if os.geteuid() == 0 else ["--map-root-user"])]


def _may_unshare() -> bool:
    try:
        return subprocess.run([*_NAMESPACE, "true"], check=False, capture_output=True).returncode == 0
    except FileNotFoundError:
        return False


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A certificate for Google's names by an authority of our own, and an account that believes in it."""
    found = tmp_path_factory.mktemp("tls")
    make_certificate(found, HOSTS)
    fcm_account.write(found / "account.json", "https://oauth2.googleapis.com/token")
    return found


@pytest.fixture(scope="module", params=["namespace", "proxy"])
def arrived(request: pytest.FixtureRequest, folder: Path) -> dict[str, Any]:
    """What came from the SDK and from us. Where namespaces are forbidden, the proxy alone shows the same."""
    how: str = request.param
    if how == "namespace" and not _may_unshare():
        pytest.skip("this machine forbids namespaces; the proxy shows the same")
    command = [sys.executable, "-W", "ignore", "-m", "tests.notifications.sdk_beside_ours", how, str(folder)]
    trusted = {"REQUESTS_CA_BUNDLE": str(folder / "ca.pem"), "SSL_CERT_FILE": str(folder / "ca.pem")}
    environment = {name: value for name, value in os.environ.items() if not name.lower().endswith("_proxy")}
    done = subprocess.run(
        [*(_NAMESPACE if how == "namespace" else []), *command],
        cwd=ROOT, env={**environment, **trusted}, capture_output=True, text=True, check=False, timeout=120,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    found: dict[str, Any] = json.loads(done.stdout)
    return found


def test_our_bytes_are_the_sdks(arrived: dict[str, Any]) -> None:
    assert len(arrived["sdk"]) == len(arrived["ours"]) == len(wishes())
    for theirs, ours in zip(arrived["sdk"], arrived["ours"], strict=True):
        # The SDK writes fields in the order of its code, its public encoder in the alphabet's. All else is the same.
        sorted_theirs = json.dumps(json.loads(base64.b64decode(theirs["body"])), sort_keys=True).encode()
        assert base64.b64decode(ours["body"]) == sorted_theirs
        assert ours["headers"]["content-length"] == theirs["headers"]["content-length"]


def test_our_headers_are_the_sdks_where_fcm_looks(arrived: dict[str, Any]) -> None:
    for theirs, ours in zip(arrived["sdk"], arrived["ours"], strict=True):
        for name in ("host", "content-type", "x-goog-api-format-version", "x-firebase-client"):
            assert ours["headers"][name] == theirs["headers"][name], name
        for one in (ours, theirs):
            assert one["headers"]["authorization"].startswith("Bearer loopback-")


def test_the_sdk_understands_what_the_loopback_says(arrived: dict[str, Any]) -> None:
    errors = ("UnregisteredError", "SenderIdMismatchError", "QuotaExceededError", "ThirdPartyAuthError",
              "InvalidArgumentError")  # fmt: skip
    assert arrived["understood"] == dict(zip(REFUSALS, errors, strict=True))
