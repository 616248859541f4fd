"""Reading Compose files: what they are made of, and where they are wrong. Asks the real Compose."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import pytest

from bgd.adapters import compose_file
from bgd.adapters.compose_cli import ComposeCli
from bgd.domain.host import Host, LocalImage
from bgd.domain.settings import Role
from bgd.errors import InvalidInput
from tests.unit.compose_folder import WEB, Folder


async def test_a_file_without_a_block_is_read_and_planned(folder: Folder) -> None:
    reading = await folder.read(WEB + "  db:\n    image: postgres:16\n")
    assert reading.plan.app == "shop"
    assert reading.plan.route is not None
    assert (reading.plan.route.service, reading.plan.route.port) == ("web", 80)
    assert reading.plan.services(Role.SHARED) == ("db",)
    assert reading.sources == (folder.path / "compose.yaml", folder.path / ".env"), "there or not"


async def test_services_stand_in_the_order_of_the_file(folder: Folder) -> None:
    reading = await folder.read(
        "services:\n" + "".join(f"  {s}: {{image: x}}\n" for s in ("web", "db", "app"))
    )
    assert list(reading.model["services"]) == ["web", "db", "app"]
    assert list(reading.plan.roles) == ["web", "db", "app"]


async def test_scalars_mean_what_they_mean_to_compose(folder: Folder) -> None:
    reading = await folder.read(
        WEB + "    labels: {a: yes, b: 012, c: 1:30, d: =, e: 1e3, f: ~, g: 0x1f, h: '012', i: off}\n"
    )
    labels = reading.model["services"]["web"]["labels"]
    assert labels == {
        "a": "yes",
        "b": "10",
        "c": "1:30",
        "d": "=",
        "e": "1000",
        "f": "",
        "g": "31",
        "h": "012",
        "i": "off",
    }


async def test_dollars_stay_escaped_so_that_compose_can_read_the_model_again(folder: Folder) -> None:
    reading = await folder.read(WEB + "    command: echo $$HOME\n")
    assert reading.model["services"]["web"]["command"] == ["echo", "$$HOME"]


async def test_what_x_keys_of_services_say_is_kept(folder: Folder) -> None:
    reading = await folder.read(WEB + "    x-note: {a: 1}\n    ulimits: {nofile: {soft: 0, hard: 0}}\n")
    web = reading.model["services"]["web"]
    assert (web["x-note"], web["ulimits"]["nofile"]) == ({"a": 1}, {"soft": 0, "hard": 0})


async def test_the_name_comes_from_the_caller_the_block_or_compose(folder: Folder) -> None:
    text = "name: alpha\n" + WEB + "    volumes: [data:/data]\nvolumes: {data: }\n"
    assert (await folder.read(text)).plan.app == "alpha"
    assert (await folder.read(text + "x-bgd: {app: beta}\n")).plan.app == "beta"
    assert (await folder.read(name="gamma")).plan.app == "gamma"


async def test_a_name_of_the_callers_own_means_volumes_of_its_own(folder: Folder) -> None:
    text = WEB + "    volumes: [data:/data]\nvolumes: {data: }\nx-bgd: {app: store}\n"
    own, same, other = [await folder.read(text, name) for name in (None, "store", "copy")]
    assert own.model["volumes"]["data"]["name"] == "shop_data"
    assert same.model == own.model
    assert other.model["volumes"]["data"]["name"] == "copy_data"


@pytest.mark.parametrize("name", ["Shop", "a b", "", "-a", "a" * 41])
async def test_a_name_that_no_app_can_have_is_refused(folder: Folder, name: str) -> None:
    with pytest.raises(InvalidInput, match="can't name an app"):
        await folder.read(WEB, name)


async def test_the_directory_of_the_file_counts_not_the_callers(
    folder: Folder, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    folder.write(".env", "TAG=7\n")
    (tmp_path / ".env").write_text("TAG=8\n")
    folder.write("compose.yaml", WEB.replace("shop:1", "shop:${TAG}"))
    monkeypatch.chdir(tmp_path)
    reading = await compose_file.read(await ComposeCli.find(), Path("shop/compose.yaml"))
    assert reading.model["services"]["web"]["image"] == "shop:7"


async def test_every_file_that_takes_part_is_a_source(folder: Folder) -> None:
    for name, text in {
        ".env": "EXTRA=more\n",
        "web.env": "A=1\n",
        "more/compose.yaml": "services: {s: {image: s, env_file: [side.env, {path: a, required: false}]}}",
        "more/side.env": "B=2\n",
        "base.yaml": "services: {base: {image: base}}",
        "config.ini": "c",
        "secret.txt": "s",
    }.items():
        folder.write(name, text)
    text = (
        "include: ['${EXTRA}/compose.yaml']\n"
        + WEB
        + "    env_file: web.env\n    configs: [c]\n    secrets: [s]\n"
        + "  worker: {extends: {file: base.yaml, service: base}}\n"
        + "configs: {c: {file: config.ini}}\nsecrets: {s: {file: ./secret.txt}}\n"
    )
    reading = await folder.read(text)
    assert {str(path.relative_to(folder.path)) for path in reading.sources} == {
        "compose.yaml",
        "more/compose.yaml",
        "more/a",
        "base.yaml",
        "web.env",
        "more/side.env",
        "config.ini",
        "secret.txt",
        ".env",
    }
    assert reading.model["services"]["web"]["environment"] == {"A": "1"}


async def test_overriding_files_are_merged_and_may_carry_the_block(folder: Folder) -> None:
    more = folder.write("prod.yaml", "services: {web: {image: 'shop:2'}}\nx-bgd: {route: {prt: 1}}\n")
    folder.write("compose.yaml", WEB)
    with pytest.raises(InvalidInput) as caught:
        await folder.read(None, None, more)
    assert caught.value.place == f"{more}:2:17"


async def test_a_variable_that_is_not_set_is_warned_of_by_name_and_line(folder: Folder) -> None:
    reading = await folder.read(WEB + "    # ${GONE}\n    command: echo $$GONE ${GONE} ${ALSO:-1}\n")
    (caution,) = [one for one in reading.plan.warnings if one.code == "unset-variable"]
    assert caution.message.startswith(f"{folder.path}/compose.yaml:6:26: the variable GONE isn't set")
    assert f"{folder.path}/.env" in caution.fix


async def test_an_override_that_is_not_read_is_said_with_the_words_that_include_it(folder: Folder) -> None:
    override = folder.write("compose.override.yaml", WEB)
    (caution,) = [one for one in (await folder.read(WEB)).plan.warnings if one.code == "override"]
    assert caution.fix.endswith(f": {folder.path}/compose.yaml {override}")
    both = await folder.read(None, None, override)
    assert "override" not in {one.code for one in both.plan.warnings}


async def test_a_compose_file_variable_that_is_not_followed_is_said(folder: Folder) -> None:
    folder.write("compose.override.yaml", WEB)  # which Compose wouldn't read either then
    prod = folder.write("prod.yaml", "services: {web: {image: 'shop:2'}}")
    folder.write(".env", "COMPOSE_FILE=compose.yaml:prod.yaml\n")
    (caution,) = [one for one in (await folder.read(WEB)).plan.warnings if one.code == "override"]
    assert "COMPOSE_FILE=compose.yaml:prod.yaml" in caution.message
    assert caution.fix.endswith(f": {folder.path}/compose.yaml {prod}")
    both = await folder.read(None, None, prod)
    assert "override" not in {one.code for one in both.plan.warnings}


OPTIONAL = "  post: {image: p, profiles: [mail]}\n  x: {image: x, profiles: [x]}\n"


async def test_project_name_and_profiles_come_from_the_env_file_beside_the_first(folder: Folder) -> None:
    folder.write(".env", "COMPOSE_PROJECT_NAME=store\nCOMPOSE_PROFILES=mail\n")
    reading = await folder.read(WEB + OPTIONAL)
    assert reading.plan.app == "store"
    assert list(reading.plan.roles) == ["web", "post"]


async def test_profiles_that_are_named_stand_for_those_of_the_env_file(folder: Folder) -> None:
    folder.write(".env", "COMPOSE_PROFILES=mail\n")
    file = folder.write("compose.yaml", WEB + OPTIONAL)
    reading = await compose_file.read(folder.cli, file, profiles=["x"])
    assert list(reading.plan.roles) == ["web", "x"]


async def test_what_a_dockerfile_says_answers_for_an_image_that_is_not_built(folder: Folder) -> None:
    folder.write(
        "web/Dockerfile", "FROM node AS build\nFROM nginx:1\nCOPY --from=build /a /b\nEXPOSE 8080/tcp\n"
    )
    folder.write("db/Dockerfile", "ARG V=16\nFROM postgres:$V\n")
    reading = await folder.read("services:\n  web: {build: web}\n  store: {build: db}\n")
    assert reading.plan.route is not None
    assert reading.plan.route.port == 8080
    assert reading.plan.roles["store"].reason == "it is built from postgres, a database"


async def test_the_machine_tells_the_port_that_nothing_else_says(folder: Folder) -> None:
    asked = []

    async def ask(images: Mapping[str, str]) -> Host:
        asked.append(dict(images))
        return Host(images={"web": LocalImage((2368,))})

    file = folder.write("compose.yaml", "services: {web: {image: 'shop:1'}}\n")
    reading = await compose_file.read(folder.cli, file, ask_host=ask)
    assert reading.plan.route is not None
    assert reading.plan.route.port == 2368
    assert asked == [{"web": "shop:1"}]


async def test_a_dockerfile_is_believed_before_the_image_that_was_built_from_an_older_one(
    folder: Folder,
) -> None:
    async def ask(_: Mapping[str, str]) -> Host:
        return Host(images={"web": LocalImage((2368,))})

    folder.write("Dockerfile", "FROM scratch\nEXPOSE 4000\n")
    file = folder.write("compose.yaml", "services: {web: {image: 'shop:1', build: .}}\n")
    reading = await compose_file.read(folder.cli, file, ask_host=ask)
    assert reading.plan.route is not None
    assert reading.plan.route.port == 4000
