"""What is wrong with a Compose file is told at the place that is wrong. Asks the real Compose."""

from __future__ import annotations

import os

import pytest

from bgd.adapters import compose_file
from bgd.errors import InvalidInput
from tests.unit.compose_folder import WEB, Folder

BAD = [
    ("", "1:1: is empty"),
    ("# nothing\n", "1:1: is empty"),
    ("- a\n", "1:1: isn't a Compose file"),
    ("shop\n", "1:1: isn't a Compose file"),
    ("name: shop\n", "1:1: has no services"),
    ("services: {}\n", "1:11: has no services"),
    ("services: [a]\n", "1:11: services must be a mapping"),
    ("service:\n  web: {image: x}\n", "1:1: service: Compose knows no such key"),
    ("services:\n  web:\n\timage: x\n", "3:1: isn't YAML: found character that cannot start"),
    ("services:\n  web: [\n", "3:1: isn't YAML: did not find expected node content"),
    ("services:\n  web: {image: 'x\n", "3:1: isn't YAML: found unexpected end of stream"),
    ("services:\n  web:\n    image: x\n   ports: []\n", "4:4: isn't YAML: did not find expected key"),
    ("services:\n  web: *nope\n", "2:8: isn't YAML: found undefined alias"),
    (WEB + "    image: shop:2\n", "5:5: the key 'image' is there twice, first in line 3"),
    (WEB + "  web: {}\n", "5:3: the key 'web' is there twice, first in line 2"),
    ("services:\n  web: nginx\n", "2:8: services.web must be a mapping"),
    ("services:\n  web:\n", "2:7: services.web must be a mapping"),
    ("services:\n  web: {command: x}\n", "2:3: web has neither an image nor a build"),
    ("services:\n  'a b': {image: x}\n", "2:3: 'a b' can't name a service"),
    (WEB + "    imagee: x\n", "5:5: services.web.imagee: Compose knows no such key"),
    (WEB + "    environment: 5\n", "5:18: services.web.environment must be a mapping"),
    (WEB + "    depends_on: [bd]\n", "5:18: web depends on bd, and there is no such service"),
    (WEB + "    networks: [back]\n", "5:16: web uses the network back, which isn't defined"),
    (WEB + "    volumes: ['data:/a']\n", "5:15: web uses the volume data, which isn't defined"),
    (WEB + "    secrets: [{source: key}]\n", "5:15: web uses the secret key, which isn't defined"),
    (WEB + "    stop_grace_period: soon\n", "5:24: services.web.stop_grace_period: time: invalid"),
    (WEB + "    mem_limit: lots\n", "5:16: services.web.mem_limit: invalid size: 'lots'"),
    (WEB + "    user: ${WHO?must be set}\n", "5:11: services.web.user needs the variable WHO: must be set"),
    (WEB + "    user: ${WHO\n", "5:11: services.web.user has a $ that begins no variable"),
    (WEB + "    env_file: no.env\n", "5:15: the env_file no.env isn't there"),
    (WEB + "    env_file: [{path: no.env}]\n", "5:23: the env_file no.env isn't there"),
    (WEB + "    extends: {service: base}\n", "5:14: web extends base, and there is no such service in"),
    (WEB + "    extends: {file: no.yaml, service: a}\n", "5:21: it refers to no.yaml, which can't be read"),
    ("include: [no.yaml]\n" + WEB, "1:11: it refers to no.yaml, which can't be read"),
    (WEB.replace("8080:80", "99999:80"), "4:13: services.web.ports.0: invalid hostPort: 99999"),
    (WEB.replace("8080:80", "http"), "4:13: services.web.ports.0: invalid containerPort: http"),
    (
        "services:\n  a: {image: x, depends_on: [b]}\n  b: {image: x, depends_on: [a]}\n",
        "services wait for each other",
    ),
    ("services:\n  web: {image: x, profiles: [a]}\n", "1:1: every service is in a profile, and none is"),
    (WEB + "x-bgd: {roles: {web: shared}, route: {service: web}}\n", "5:22: web takes the requests and is"),
    (WEB.replace("ports: ['8080:80']", "network_mode: host"), "4:19: web uses the host's network"),
    (WEB + "    scale: 0\n", "3:5: web takes the requests and has no replicas"),
    (WEB + "x-bgd: {watch: perhaps}\n", "5:16: x-bgd.watch: needs true or false"),
]


@pytest.mark.parametrize(("text", "said"), BAD, ids=[said for _, said in BAD])
async def test_a_file_that_is_wrong_is_refused_at_the_place_that_is_wrong(
    folder: Folder, text: str, said: str
) -> None:
    told = await folder.refused(text)
    assert told.startswith("compose.yaml:")
    assert said in told
    assert "Compose refuses it" not in told


async def test_a_mistake_in_an_included_file_is_told_in_that_file(folder: Folder) -> None:
    folder.write("more.yaml", "services:\n  side: {image: x}\n  side: {image: y}\n")
    assert await folder.refused("include: [more.yaml]\n" + WEB) == (
        "more.yaml:3:3: the key 'side' is there twice, first in line 2"
    )
    folder.write("more.yaml", "services:\n  side: {image: x, depends_on: [gone]}\n")
    assert (await folder.refused()).startswith("more.yaml:2:33: side depends on gone")


async def test_a_line_of_an_env_file_that_is_none_is_told_in_that_file(folder: Folder) -> None:
    folder.write("web.env", "A=1\nB C\n")
    told = await folder.refused(WEB + "    env_file: web.env\n")
    assert told.startswith("web.env:2: key cannot contain a space")


async def test_an_interpolation_error_does_not_repeat_the_value(folder: Folder) -> None:
    told = await folder.refused(WEB + "    environment: {PASSWORD: 'hunter2${'}\n")
    assert "hunter2" not in told
    assert told.startswith("compose.yaml:5:29:")


@pytest.mark.parametrize(
    ("make", "said"),
    [
        (lambda path: None, "there is no such file"),
        (lambda path: path.mkdir(), "is a directory"),
        (lambda path: os.mkfifo(path), "isn't a regular file"),
        (lambda path: path.write_bytes(b"services:\n  web: \xff\n"), "compose.yaml:2:8: isn't UTF-8 text"),
        (lambda path: path.write_bytes(b"a" * (4 * 2**20 + 1)), "larger than 4 MiB"),
        (lambda path: path.write_text("a: " + "[" * 300_000 + "]" * 300_000), "nested more than 200 levels"),
    ],
)
async def test_what_can_not_be_read_says_why(folder: Folder, make: object, said: str) -> None:
    make(folder.path / "compose.yaml")  # type: ignore[operator]
    assert said in await folder.refused()


@pytest.mark.skipif(os.geteuid() == 0, reason="root may read everything")
async def test_a_file_that_may_not_be_read_says_so(folder: Folder) -> None:
    folder.write("compose.yaml", WEB).chmod(0)
    assert "may not be read" in await folder.refused()


async def test_aliases_within_aliases_are_counted_before_compose_writes_them_out(folder: Folder) -> None:
    levels = "".join(f"x-{n}: &l{n} [{', '.join([f'*l{n - 1}'] * 9)}]\n" for n in range(1, 12))
    text = "x-0: &l0 [a]\n" + levels + "services: {web: {image: x, command: *l11}}\n"
    assert "its aliases stand for more than" in await folder.refused(text)
    assert "its aliases stand for more than" in await folder.refused("x-a: &a [*a]\n" + WEB)


async def test_a_variable_that_is_not_set_is_placed_wherever_it_has_no_default(folder: Folder) -> None:
    folder.write("web.env", "A=$GONE\n")
    text = WEB + "    command: ${GONE:-x} ${GONE}\n    labels: ['a=$GONE']\n    env_file: web.env\n"
    (caution,) = [one for one in (await folder.read(text)).plan.warnings if one.code == "unset-variable"]
    assert caution.message == (
        f"{folder.path}/compose.yaml:5:25: the variable GONE isn't set and counts as empty, "
        f"also in line 6, {folder.path}/web.env:1"
    )


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("A=1\nB C=hush\n", ".env:2: key cannot contain a space"),
        ("A='hush\nhush\n", ".env:3: unterminated quoted value"),
        ("A=1\nX$Y=hush\nB=hush\n", ".env:2: unexpected character $ in variable name"),
        ("A=1\nB=2 ${NEEDED:?}\n", ".env:2:5: required variable NEEDED is missing a value"),
        ("A=hush${X\n", ".env: invalid template"),
    ],
)
async def test_a_mistake_in_an_env_file_is_placed_and_its_values_are_not_told(
    folder: Folder, text: str, told: str
) -> None:
    folder.write(".env", text)
    with pytest.raises(InvalidInput) as caught:
        await folder.read(WEB)
    assert caught.value.message == f"{folder.path}/{told}"
    assert caught.value.hint


@pytest.mark.parametrize(
    ("env_file", "told"),
    [
        ("gone.env", "compose.yaml:5:15: the env_file gone.env isn't there"),
        ("'${GONE}gone.env'", "compose.yaml:5:15: the env_file gone.env isn't there"),
        ("[{path: gone.env}]", "compose.yaml:5:23: the env_file gone.env isn't there"),
        ("folder", "compose.yaml:5:15: folder is a directory"),
    ],
)
async def test_an_env_file_that_is_not_there_is_told_where_it_is_named(
    folder: Folder, env_file: str, told: str
) -> None:
    (folder.path / "folder").mkdir()
    assert await folder.refused(WEB + f"    env_file: {env_file}\n") == told


async def test_a_secret_by_a_variable_that_is_not_set_is_warned_of_and_never_run(folder: Folder) -> None:
    text = WEB + "    secrets: [key]\nsecrets: {key: {environment: API_KEY}}\n"
    said = f"{folder.path}/compose.yaml:6:30: the secret key is the variable API_KEY, which isn't set"
    (caution,) = [one for one in (await folder.read(text)).plan.warnings if one.code == "unset-variable"]
    assert caution.message == said
    file = folder.path / "compose.yaml"
    with pytest.raises(InvalidInput) as caught:
        await compose_file.read(folder.cli, file, to_run=True)
    assert caught.value.message == said
    folder.write(".env", "API_KEY='a$b'\n")
    reading = await compose_file.read(folder.cli, file, to_run=True)
    assert reading.model["secrets"]["key"]["x-bgd-value"] == "a$b"


async def test_a_secret_whose_file_is_not_there_is_warned_of_and_never_run(folder: Folder) -> None:
    text = WEB + "    secrets: [key]\nsecrets: {key: {file: ./key.txt}, other: {file: ./unused.txt}}\n"
    place = f"{folder.path}/compose.yaml:6:23"
    said = f"{place}: the secret key is the file {folder.path}/key.txt, which isn't there"
    (caution,) = [one for one in (await folder.read(text)).plan.warnings if one.code == "missing-file"]
    assert caution.message == said
    with pytest.raises(InvalidInput) as caught:
        await compose_file.read(folder.cli, folder.path / "compose.yaml", to_run=True)
    assert caught.value.message == said
    folder.write("key.txt", "k")
    await compose_file.read(folder.cli, folder.path / "compose.yaml", to_run=True)


@pytest.mark.parametrize(
    ("service", "told"),
    [
        (
            "container_name: one\n    deploy: {replicas: 2}",
            "compose.yaml:5:21: web has a container_name and several replicas, which would all be called so",
        ),
        (
            "network_mode: host\n    networks: [a]\nnetworks: {a: }",
            "compose.yaml:5:5: web has both network_mode and networks, and Compose takes only one of them",
        ),
    ],
)
async def test_keys_that_exclude_each_other_are_told_at_the_first(
    folder: Folder, service: str, told: str
) -> None:
    assert await folder.refused(WEB + f"    {service}\n") == told
