"""A registry on loopback that hands out images of the engine's, by the real protocol.

The engine speaks plain HTTP to registries on 127.0.0.0/8 by itself.
"""

from __future__ import annotations

import gzip
import hashlib
import io
import json
import tarfile
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler
from typing import Any

from docker.models.images import Image

from tests.loopback import Quiet, loopback_server, serving

MANIFEST = "application/vnd.docker.distribution.manifest.v2+json"


class Registry:
    """Tags, and the blobs that they stand for."""

    def __init__(self) -> None:
        self.tags: dict[str, str] = {}
        self.blobs: dict[str, tuple[str, bytes]] = {}
        registry = self

        class Handler(Quiet, BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_GET(self) -> None:
                kind, _, name = self.path.rpartition("/")
                digest = registry.tags.get(name, name) if kind.endswith("/manifests") else name
                found = registry.blobs.get(digest)
                if found is None and self.path != "/v2/":
                    self.send_response(404)
                    self.send_header("Content-Length", "0")
                    self.end_headers()
                    return
                media, body = found or ("application/json", b"{}")
                self.send_response(200)
                self.send_header("Content-Type", media)
                self.send_header("Content-Length", str(len(body)))
                self.send_header("Docker-Content-Digest", digest)
                self.end_headers()
                if self.command == "GET":
                    self.wfile.write(body)

            def do_HEAD(self) -> None:
                self.do_GET()

        self.server = loopback_server(Handler)

    @property
    def name(self) -> str:
        """`127.0.0.1:5000`."""
        return f"127.0.0.1:{self.server.server_port}"

    def publish(self, tag: str, image: Image) -> None:
        """Make a tag stand for an image."""
        with tarfile.open(fileobj=io.BytesIO(b"".join(image.save()))) as saved:

            def read(name: str) -> bytes:
                member = saved.extractfile(name)
                assert member is not None
                return member.read()

            (listed,) = json.loads(read("manifest.json"))
            config = self._keep("application/vnd.docker.container.image.v1+json", read(listed["Config"]))
            layers = [
                self._keep(
                    "application/vnd.docker.image.rootfs.diff.tar.gzip",
                    gzip.compress(read(name), compresslevel=1, mtime=0),
                )
                for name in listed["Layers"]
            ]
        manifest = {"schemaVersion": 2, "mediaType": MANIFEST, "config": config, "layers": layers}
        self.tags[tag] = str(self._keep(MANIFEST, json.dumps(manifest).encode())["digest"])

    def _keep(self, media: str, body: bytes) -> dict[str, Any]:
        digest = "sha256:" + hashlib.sha256(body).hexdigest()
        self.blobs[digest] = (media, body)
        return {"mediaType": media, "size": len(body), "digest": digest}


@contextmanager
def registry() -> Iterator[Registry]:
    """A registry that is open."""
    made = Registry()
    with serving(made.server):
        yield made
