"""A real OpenID provider for tests: npm's `oidc-provider`, in a process of its own."""

import base64
import json
import shutil
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx2
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.hashes import SHA256
from joserfc.jwk import RSAKey

from auth.caller import Role
from auth.claims import NEVER_CLAIMED
from tests.ports import free_port

FOLDER = Path(__file__).parent
AUDIENCE = "https://api.korpu.example"
CLIENT = "korpu-web"
SECRET = "canary-client-secret-0f1e2d3c4b5a"
# Roles that the provider may tell.
CLAIMED = sorted(role.value for role in Role if role not in NEVER_CLAIMED)


def missing() -> str | None:
    """Why the provider cannot be started here; None where it can. Its parts are fetched once."""
    if shutil.which("node") is None or shutil.which("npm") is None:
        return "node and npm are not on the PATH"
    if (FOLDER / "node_modules").exists():
        return None
    command = ["npm", "ci", "--ignore-scripts", "--no-audit", "--no-fund"]
    done = subprocess.run(command, cwd=FOLDER, capture_output=True, text=True, check=False)
    return None if done.returncode == 0 else f"npm ci failed: {done.stderr.strip()[-200:]}"


def new_key(kid: str) -> RSAKey:
    """A key of the provider, which tests know too: so they sign what it never would."""
    return RSAKey.generate_key(2048, {"kid": kid, "use": "sig", "alg": "RS256"})


def part(value: bytes) -> str:
    """One part of a token in compact form."""
    return base64.urlsafe_b64encode(value).rstrip(b"=").decode()


def signed(key: RSAKey, header: Any, claims: Any) -> str:
    """A token with these very parts, signed with RS256: libraries refuse to make what tests need."""
    parts = [value if isinstance(value, bytes) else json.dumps(value).encode() for value in (header, claims)]
    body = ".".join(map(part, parts))
    assert key.private_key is not None
    return f"{body}.{part(key.private_key.sign(body.encode(), PKCS1v15(), SHA256()))}"


@dataclass
class Running:
    """The provider, how to steer it, and its key."""

    port: int
    service: str
    key: RSAKey
    process: Any = None
    client: httpx2.Client = field(default_factory=httpx2.Client)

    @property
    def issuer(self) -> str:
        """Its name, which is where it is."""
        return f"http://127.0.0.1:{self.port}"

    def configured(self, **more: Any) -> dict[str, Any]:
        """How the service is told of it."""
        found = {
            "name": "university",
            "title": "Test University",
            "issuer": self.issuer,
            "client_id": CLIENT,
            "client_secret": SECRET,
            "scopes": ["openid", "profile", "email"],
            "audience": AUDIENCE,
            "claims": {"roles": [{"claim": "roles", "value": role, "role": role} for role in CLAIMED]},
        }
        return found | more

    def told(self) -> dict[str, Any]:
        """What its process is told at the start."""
        back = {
            "redirect_uris": [f"{self.service}/auth/callback/university"],
            "post_logout_redirect_uris": [f"{self.service}/auth/signed-out"],
            "backchannel_logout_uri": f"{self.service}/auth/backchannel/university",
            "backchannel_logout_session_required": True,
        }
        web = {"client_id": CLIENT, "client_secret": SECRET, "grant_types": ["authorization_code"]} | back
        machine = {"client_id": "machine", "client_secret": SECRET, "grant_types": ["client_credentials"]}
        machine |= {"redirect_uris": [], "response_types": []}
        jwks = {"keys": [self.key.as_dict(private=True)]}
        return {
            "port": self.port,
            "issuer": self.issuer,
            "audience": AUDIENCE,
            "jwks": jwks,
            "clients": [web, machine],
        }

    def control(self, **told: Any) -> dict[str, int]:
        """Tell it something; gives how often each of its paths was asked."""
        counts: dict[str, int] = self.client.post(f"{self.issuer}/control", json=told).json()
        return counts

    def rotate(self, kid: str) -> None:
        """Sign with another key from now on; the former one is published no more."""
        self.key = new_key(kid)
        self.control(jwks={"keys": [self.key.as_dict(private=True)]})

    def spoil(self, path: str, **answer: Any) -> None:
        """Answer a path in another way: status, body, headers, delay, drop or endless."""
        self.control(spoiled={path: answer})

    def mend(self) -> None:
        """Answer everything as it should be."""
        self.control(spoiled={}, forget=True)

    def sign(self, claims: Any, typ: str | None = "at+jwt", **header: Any) -> str:
        """A token signed with its key."""
        head = {"alg": "RS256", "kid": self.key.kid} | ({"typ": typ} if typ else {}) | header
        return signed(self.key, head, claims)

    def access(self, **claims: Any) -> dict[str, Any]:
        """The claims of a good access token; None leaves one out."""
        now = int(time.time())
        found = {
            "iss": self.issuer,
            "aud": AUDIENCE,
            "sub": "officer-1",
            "client_id": "machine",
            "iat": now,
            "exp": now + 600,
            "jti": f"token-{now}",
            "scope": "korpu",
            "roles": ["officer"],
        }
        return {name: value for name, value in (found | claims).items() if value is not None}

    def machine(self, scope: str = "korpu") -> str:
        """An access token that the provider itself issues."""
        answer = self.client.post(
            f"{self.issuer}/token",
            data={"grant_type": "client_credentials", "scope": scope},
            auth=("machine", SECRET),
        )
        token: str = answer.json()["access_token"]
        return token


@contextmanager
def provider(service: str) -> Iterator[Running]:
    """Start the provider for a service at an address, for as long as the block lasts."""
    found = Running(free_port(), service, new_key("first"))
    command = ["node", str(FOLDER / "server.mjs"), json.dumps(found.told())]
    found.process = subprocess.Popen(command, cwd=FOLDER, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
    try:
        line = found.process.stdout.readline()
        assert line == "ready\n", "the provider ended at its start"
        yield found
    finally:
        found.process.kill()
        found.process.wait()
        found.process.stdout.close()
        found.client.close()
