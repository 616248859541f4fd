"""The images that `make images` makes: what is in them, and that they run as bgd runs them."""

import dataclasses
import io
import tarfile
import time
import urllib.request
from collections.abc import Callable, Iterator
from pathlib import Path

import docker
import pytest
from docker.models.containers import Container

from compose.connection import connect
from compose.images import demo, nginx, shelf
from compose.images.build import FINGERPRINT
from compose.images.layer import Layer, Owner
from compose.images.packages import Package
from compose.images.recipe import Recipe

STOP_TIMEOUT_S = 20
ANSWER_TIMEOUT_S = 10
LOG_TIMEOUT_S = 10

HARDENED_SITE = """
pid /run/nginx.pid;
error_log /dev/stderr notice;
events {}
http {
    access_log off;
    client_body_temp_path /var/cache/nginx/body;
    proxy_temp_path /var/cache/nginx/proxy;
    fastcgi_temp_path /var/cache/nginx/fastcgi;
    uwsgi_temp_path /var/cache/nginx/uwsgi;
    scgi_temp_path /var/cache/nginx/scgi;
    server {
        listen 8080;
        location = /up { return 200 "up\\n"; }
        location = /upload { client_body_in_file_only on; proxy_pass http://127.0.0.1:8080/up; }
    }
}
"""

Run = Callable[..., Container]


@pytest.fixture(scope="module")
def client() -> Iterator[docker.DockerClient]:
    client = connect()
    yield client
    client.close()


@pytest.fixture
def run(client: docker.DockerClient) -> Iterator[Run]:
    """Starts containers, with `docker run`'s options as the SDK names them, and removes them in the end."""
    started: list[Container] = []

    def start(tag: str, *command: str, **options: object) -> Container:
        container = client.containers.create(tag, list(command) or None, **options)  # type: ignore[arg-type]
        started.append(container)
        container.start()
        return container

    yield start
    for container in started:
        container.remove(force=True, v=True)


@pytest.fixture
def hardened(run: Run, tmp_path: Path) -> Container:
    return run_hardened(run, tmp_path, HARDENED_SITE)


def test_every_image_says_of_which_inputs_it_was_made(client: docker.DockerClient) -> None:
    for tag in (nginx.TAG, demo.WEB_TAG, demo.REDIS_TAG):
        assert len(client.images.get(tag).labels[FINGERPRINT]) == 64


def test_images_that_are_up_to_date_are_not_made_again(client: docker.DockerClient) -> None:
    before = client.images.get(nginx.TAG).id

    assert shelf.stock(client) == []
    assert client.images.get(nginx.TAG).id == before


def test_nginx_is_laid_out_like_the_official_image(client: docker.DockerClient, run: Run) -> None:
    config = client.images.get(nginx.TAG).attrs["Config"]
    assert config["Entrypoint"] == ["/docker-entrypoint.sh"]
    assert config["Cmd"] == ["nginx", "-g", "daemon off;"]
    assert config["StopSignal"] == "SIGQUIT"
    assert config["ExposedPorts"] == {"80/tcp": {}}

    container = run(nginx.TAG)
    assert "nginx:x:101:101:" in output_of(container, "cat", "/etc/passwd")
    for path in ("/usr/sbin/nginx", "/etc/nginx/nginx.conf", "/etc/nginx/mime.types"):
        output_of(container, "ls", path)
    assert "/dev/stdout" in output_of(container, "ls", "-l", "/var/log/nginx/access.log")
    assert "/dev/stderr" in output_of(container, "ls", "-l", "/var/log/nginx/error.log")


def test_nginx_serves_as_it_comes(run: Run) -> None:
    container = run(nginx.TAG, ports={"80/tcp": ("127.0.0.1", None)})
    wait_for_log(container, "start worker process ")

    assert "nginx is running" in fetch(container, 80, "/")


def test_nginx_finds_its_configuration_without_arguments(run: Run) -> None:
    container = run(nginx.TAG)
    wait_for_log(container, "start worker process ")

    assert "test is successful" in output_of(container, "nginx", "-t")
    output_of(container, "nginx", "-s", "reload")
    wait_for_log(container, "reconfiguring")


def test_nginx_serves_without_any_privilege(hardened: Container) -> None:
    assert fetch(hardened, 8080, "/up") == "up\n"
    assert output_of(hardened, "id", "-u") == "101\n"


def test_unprivileged_nginx_buffers_a_large_upload(hardened: Container) -> None:
    assert fetch(hardened, 8080, "/upload", data=bytes(1_000_000)) == "up\n"


def test_unprivileged_nginx_checks_and_reloads_its_configuration(hardened: Container) -> None:
    output_of(hardened, "nginx", "-t", "-c", "/etc/nginx/bgd/nginx.conf")
    output_of(hardened, "nginx", "-s", "reload", "-c", "/etc/nginx/bgd/nginx.conf")
    wait_for_log(hardened, "reconfiguring")

    assert fetch(hardened, 8080, "/up") == "up\n"


def test_a_configuration_without_paths_for_temporary_files_works_as_well(run: Run, tmp_path: Path) -> None:
    site = "\n".join(line for line in HARDENED_SITE.splitlines() if "temp_path" not in line)
    container = run_hardened(run, tmp_path, site)

    assert fetch(container, 8080, "/upload", data=bytes(1_000_000)) == "up\n"


def test_docker_stop_lets_nginx_end_in_peace(hardened: Container) -> None:
    hardened.stop(timeout=STOP_TIMEOUT_S)

    assert hardened.wait(timeout=STOP_TIMEOUT_S)["StatusCode"] == 0


@pytest.mark.parametrize(("tag", "user"), [(demo.WEB_TAG, "app"), (demo.REDIS_TAG, "redis")])
def test_the_demos_images_do_not_run_as_root(run: Run, tag: str, user: str) -> None:
    container = run(tag, "id", "-un")
    container.wait(timeout=STOP_TIMEOUT_S)

    assert container.logs().decode() == f"{user}\n"


def test_a_fingerprint_changes_with_any_input(tmp_path: Path) -> None:
    (tmp_path / "Dockerfile").write_text("FROM scratch\n")
    package = Package("busybox-static_1_amd64.deb", "SHA256:00")
    recipe = Recipe("bgd/any:local", tmp_path, seeds=("busybox-static",), furnish=lambda _: None)
    before = recipe.fingerprint((package,))

    assert recipe.fingerprint((package,)) == before
    assert recipe.fingerprint((dataclasses.replace(package, checksum="SHA256:01"),)) != before
    (tmp_path / "Dockerfile").write_text("FROM scratch\nUSER 1\n")
    assert recipe.fingerprint((package,)) != before


def test_a_layer_is_the_same_byte_for_byte() -> None:
    def layer() -> Layer:
        layer = Layer()
        layer.file("etc/motd", "hello", mode=0o600, owner=Owner(1, 2))
        layer.link("usr/bin/sh", "busybox")
        return layer

    assert layer().tar() == layer().tar()


def test_a_layer_merges_bin_into_usr_bin() -> None:
    package = io.BytesIO()
    with tarfile.open(fileobj=package, mode="w") as writer:
        header = tarfile.TarInfo("./bin/busybox")
        header.size, header.mode = 3, 0o755
        writer.addfile(header, io.BytesIO(b"ELF"))
    package.seek(0)
    layer = Layer()
    layer.unpack(package)

    with tarfile.open(fileobj=io.BytesIO(layer.tar())) as members:
        assert members.getmember("bin").linkname == "usr/bin"
        assert members.getmember("usr/bin/busybox").mode == 0o755
        names = members.getnames()
    assert names.index("usr") < names.index("usr/bin") < names.index("usr/bin/busybox")


def run_hardened(run: Run, folder: Path, site: str) -> Container:
    """nginx with no privileges and nothing to write to but memory, on a configuration of its own."""
    folder.chmod(0o755)
    (folder / "nginx.conf").write_text(site)
    mine = "uid=101,gid=101,mode=755"
    container = run(
        nginx.TAG,
        *("nginx", "-c", "/etc/nginx/bgd/nginx.conf", "-g", "daemon off;"),
        user="101:101",
        cap_drop=["ALL"],
        security_opt=["no-new-privileges"],
        read_only=True,
        tmpfs={"/run": mine, "/var/cache/nginx": mine},
        volumes={str(folder): {"bind": "/etc/nginx/bgd", "mode": "ro"}},
        ports={"8080/tcp": ("127.0.0.1", None)},
    )
    wait_for_log(container, "start worker process ")
    return container


def output_of(container: Container, *command: str) -> str:
    """What a command in the container printed; it must succeed."""
    status, output = container.exec_run(list(command))
    assert isinstance(output, bytes)
    text = output.decode()
    assert status == 0, text
    return text


def wait_for_log(container: Container, text: str) -> None:
    """Wait until the container has logged the text; fails after `LOG_TIMEOUT_S` with what it did log.

    It is asked again and again: a followed log of the SDK leaves its socket open when one stops reading.
    """
    deadline = time.monotonic() + LOG_TIMEOUT_S
    while text not in (logged := bytes(container.logs()).decode()):
        assert time.monotonic() < deadline, f"not logged within {LOG_TIMEOUT_S} s: {text!r}, but:\n{logged}"


def fetch(container: Container, port: int, path: str, data: bytes | None = None) -> str:
    """What the container answers on a published port; a POST where there is data. Raises `HTTPError`."""
    container.reload()
    addresses = container.ports[f"{port}/tcp"]
    assert addresses, f"port {port} is not published"
    address = addresses[0]
    url = f"http://{address['HostIp']}:{address['HostPort']}{path}"
    with urllib.request.urlopen(url, data=data, timeout=ANSWER_TIMEOUT_S) as answer:
        return str(answer.read().decode())
