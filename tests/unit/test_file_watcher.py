"""File changes as real programs make them: editors, git, links that are swapped, and silent file systems."""

from __future__ import annotations

import asyncio
import os
import pty
import select
import shutil
import subprocess
import sys
import tempfile
from collections.abc import AsyncGenerator, AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest

from bgd.adapters.build_context import contents_of, contexts_of, files_of
from bgd.adapters.file_watcher import FileWatcher, look
from bgd.adapters.mounts import is_remote
from bgd.engine.ports import BuildContext
from bgd.errors import InvalidInput

WITHIN_S = 20.0


class Changes:
    """What a watcher tells, counted."""

    def __init__(self, told: AsyncGenerator[None]) -> None:
        self._told = told

    async def next(self) -> None:
        """The next change."""
        async with asyncio.timeout(WITHIN_S):
            await anext(self._told)

    async def none_but(self, change: Callable[[], object]) -> None:
        """The next change is this one: whatever was before has told nothing."""
        waiting = asyncio.ensure_future(anext(self._told))
        done, _ = await asyncio.wait({waiting}, timeout=2.5)
        assert not done, "told of a change that is none"
        change()
        async with asyncio.timeout(WITHIN_S):
            await waiting


@asynccontextmanager
async def watching(
    *files: Path, contexts: Sequence[BuildContext] = (), watcher: FileWatcher | None = None
) -> AsyncIterator[Changes]:
    told = await (watcher or FileWatcher()).changes(files, contexts)
    try:
        yield Changes(told)
    finally:
        await told.aclose()


@pytest.fixture
def file(tmp_path: Path) -> Path:
    """A Compose file."""
    made = tmp_path / "compose.yaml"
    made.write_text("services: {}\n")
    return made


def in_vim(file: Path) -> None:
    subprocess.run(["vim", "-Nu", "NONE", "-es", "-c", "normal Gothe end", "-c", "wq", file], check=True)


def in_vim_with_a_backup(file: Path) -> None:
    settings = "set backup writebackup backupcopy=no"
    subprocess.run(
        ["vim", "-Nu", "NONE", "-es", "-c", settings, "-c", "normal Gothe end", "-c", "wq", file], check=True
    )


def in_nano(file: Path) -> None:
    """In a terminal: nano saves for nobody else."""
    ours, its = pty.openpty()
    environment = {**os.environ, "TERM": "xterm"}
    nano = subprocess.Popen(["nano", "-I", file], stdin=its, stdout=its, stderr=its, env=environment)
    try:
        for prompt, keys in ((b"^X", b"text\x0f"), (b"File Name", b"\r"), (b"Wrote", b"\x18")):
            seen = b""
            while prompt not in seen:
                assert select.select([ours], [], [], WITHIN_S)[0], f"nano said {seen!r}"
                seen += os.read(ours, 65_536)
            os.write(ours, keys)
        assert nano.wait(WITHIN_S) == 0
    finally:
        nano.kill()
        nano.wait()
        os.close(ours)
        os.close(its)


def as_vs_code_does(file: Path) -> None:
    """Truncate the file itself, then write."""
    with file.open("w") as opened:
        opened.write("services: {web: {}}\n")


def as_sed_does(file: Path) -> None:
    subprocess.run(["sed", "-i", "s/services/service/", file], check=True)


@pytest.mark.parametrize("save", [in_vim, in_vim_with_a_backup, in_nano, as_vs_code_does, as_sed_does])
async def test_each_save_of_an_editor_is_told(file: Path, save: Callable[[Path], None]) -> None:
    for program in ("vim", "nano"):
        if program in save.__name__ and not shutil.which(program):
            pytest.skip(f"{program} isn't installed")
    async with watching(file) as changes:
        for _ in range(2):  # the second one after a rename, on another inode
            await asyncio.to_thread(save, file)
            await changes.next()
            file.write_text("services: {}\n")
            await changes.next()


async def test_fifty_saves_in_a_burst_are_one_change(file: Path) -> None:
    async with watching(file) as changes:
        for number in range(50):
            beside = file.with_suffix(".swp")
            beside.write_text(f"{number}\n")
            beside.rename(file)
            await asyncio.sleep(0.005)
        await changes.next()
        await changes.none_but(lambda: file.write_text("more\n"))


async def test_other_files_in_the_directory_wake_nobody(file: Path) -> None:
    async with watching(file) as changes:
        for number in range(5):
            file.with_name("app.log").write_text("x" * number)
        await changes.none_but(lambda: file.write_text("x"))


async def test_a_checkout_of_another_branch_and_back_is_told(file: Path) -> None:
    def git(*words: str) -> None:
        identity = ["-c", "user.name=a", "-c", "user.email=a@example.com", "-c", "core.hooksPath=/dev/null"]
        subprocess.run(["git", *identity, *words], cwd=file.parent, check=True, capture_output=True)

    git("init", "-b", "main")
    git("add", "-A")
    git("commit", "-m", "one")
    git("checkout", "-b", "two")
    file.write_text("services: {web: {}}\n")
    git("commit", "-am", "two")
    async with watching(file) as changes:
        for branch in ("main", "two"):
            git("checkout", branch)
            await changes.next()


async def test_a_link_that_is_swapped_on_the_way_to_the_file_is_told(tmp_path: Path) -> None:
    # As releases of a site are, `current -> releases/2`, and as Kubernetes mounts: file -> ..data/file -> ..2
    for number in (1, 2, 3):
        (tmp_path / f"..{number}").mkdir()
        (tmp_path / f"..{number}" / "compose.yaml").write_text("services: {}\n")
    (tmp_path / "mount").mkdir()
    (tmp_path / "..data").symlink_to("..1")
    (tmp_path / "mount" / "compose.yaml").symlink_to("../..data/compose.yaml")
    async with watching(tmp_path / "mount" / "compose.yaml") as changes:
        for number in (2, 3):
            (tmp_path / "..new").symlink_to(f"..{number}")
            (tmp_path / "..new").rename(tmp_path / "..data")
            await changes.next()
        (tmp_path / "..3" / "compose.yaml").write_text("services: {web: {}}\n")
        await changes.next()


async def test_a_file_that_isn_t_there_yet_is_told_when_it_comes_also_in_a_directory_to_come(
    tmp_path: Path,
) -> None:
    wanted = tmp_path / "config" / "prod" / "web.env"
    async with watching(wanted) as changes:
        wanted.parent.mkdir(parents=True)
        wanted.write_text("A=1\n")
        await changes.next()
        wanted.write_text("A=22\n")
        await changes.next()
        shutil.rmtree(tmp_path / "config")
        await changes.next()


async def test_a_directory_that_is_exchanged_for_another_is_told_and_watched_on(tmp_path: Path) -> None:
    # As a mount that moves: the same path, another directory, and no word to whom watches the old one.
    place, other = tmp_path / "a" / "app", tmp_path / "b" / "app"
    for directory in (place, other):
        directory.mkdir(parents=True)
        (directory / "compose.yaml").write_text("services: {}\n")
    async with watching(place / "compose.yaml") as changes:
        (tmp_path / "a").rename(tmp_path / "old")
        (tmp_path / "b").rename(tmp_path / "a")
        await changes.next()
        (place / "compose.yaml").write_text("services: {web: {}}\n")
        await changes.next()


MOUNTS = """
import asyncio, subprocess, sys
from pathlib import Path
from tests.unit.test_file_watcher import watching

place, staging = Path(sys.argv[1]) / "place", Path(sys.argv[1]) / "staging"

def run(*words):
    subprocess.run(words, check=True)

async def main():
    for directory, text in (place, "services: {}"), (staging, "services: {web: {}}"):
        directory.mkdir()
        run("mount", "-t", "tmpfs", "tmpfs", directory)
        (directory / "compose.yaml").write_text(text)
    async with watching(place / "compose.yaml") as changes:
        run("mount", "--move", staging, place)
        await changes.next()
        (place / "compose.yaml").write_text("services: {web: {}, db: {}}")
        await changes.next()
        run("umount", place)
        await changes.next()
    print("all told")

asyncio.run(main())
"""


def test_a_mount_that_is_moved_over_the_directory_and_one_that_goes_are_told(tmp_path: Path) -> None:
    may_mount = subprocess.run(["unshare", "--mount", "true"], capture_output=True, check=False)
    if may_mount.returncode:
        pytest.skip(f"no mounts of its own: {may_mount.stderr.decode().strip()}")
    words = ["unshare", "--mount", "--propagation", "private", sys.executable, "-c", MOUNTS, str(tmp_path)]
    done = subprocess.run(words, capture_output=True, text=True, timeout=120, check=False)
    assert done.stdout == "all told\n", done.stderr


async def test_what_changed_before_anybody_listened_is_told(file: Path) -> None:
    told = await FileWatcher().changes([file])
    file.write_text("meanwhile\n")
    async with asyncio.timeout(WITHIN_S):
        await anext(told)
    await told.aclose()


async def no_notifications(*_: Path, **__: Any) -> AsyncGenerator[Any]:
    """As the kernel's limit has it."""
    raise OSError("OS file watch limit reached.")
    yield


async def test_without_notifications_files_and_contexts_are_looked_at(tmp_path: Path, file: Path) -> None:
    app = tmp_path / "src" / "app.py"
    app.parent.mkdir()
    app.write_text("1")
    context = BuildContext(tmp_path / "src", tmp_path / "src" / "Dockerfile")
    async with watching(file, contexts=[context], watcher=FileWatcher(no_notifications)) as changes:
        file.write_text("changed\n")
        await changes.next()
        app.write_text("22")
        await changes.next()


def test_a_place_that_another_machine_writes_to_is_known(tmp_path: Path) -> None:
    mounts = tmp_path / "mountinfo"
    mounts.write_text(
        "1 0 8:1 / / rw - ext4 /dev/sda rw\n"
        "2 1 0:9 / /srv/my\\040files rw,relatime shared:5 - nfs4 host:/x rw\n"
        "3 2 0:9 / /srv/my\\040files/here rw - tmpfs tmpfs rw\n"
        "4 1 0:8 / /mnt/ssh rw - fuse.sshfs a@b:/ rw\n"
    )
    told = {
        p: is_remote(Path(p), mounts) for p in ("/srv", "/srv/my files/a", "/srv/my files/here/b", "/mnt/ssh")
    }
    assert list(told.values()) == [False, True, False, True]
    assert not is_remote(tmp_path, tmp_path / "nowhere")


@pytest.fixture
def source(tmp_path: Path) -> Path:
    """The directory of an app that is built."""
    made = tmp_path / "source"
    for name in ("app/main.py", "app/test/a.py", "node_modules/x/index.js", "logs/keep.txt", "logs/a.log"):
        (made / name).parent.mkdir(parents=True, exist_ok=True)
        (made / name).write_text(name)
    (made / "Dockerfile").write_text("FROM scratch\nCOPY . /\n")
    (made / ".dockerignore").write_text(
        "# what isn't needed\nnode_modules\n**/test\nlogs/*\n!logs/keep.txt\n"
    )
    return made


def built(source: Path) -> dict[str, Any]:
    """A model of it."""
    return {"services": {"web": {"build": {"context": str(source), "dockerfile": "Dockerfile"}}}}


@pytest.mark.parametrize(
    ("name", "counts"),
    [
        ("app/main.py", True),
        ("app/new/deep.py", True),
        ("logs/keep.txt", True),
        ("Dockerfile", True),
        (".dockerignore", True),
        ("node_modules/x/index.js", False),
        ("node_modules/y/index.js", False),
        ("app/test/a.py", False),
        ("logs/a.log", False),
    ],
)
async def test_a_build_context_is_what_dockerignore_leaves_of_it(
    source: Path, name: str, counts: bool
) -> None:
    before = contents_of(built(source), with_builds=True)
    async with watching(contexts=contexts_of(built(source))) as changes:

        def change() -> None:
            (source / name).parent.mkdir(parents=True, exist_ok=True)
            with (source / name).open("a") as file:
                file.write("\nlogs\n")

        if counts:
            change()
            await changes.next()
            assert contents_of(built(source), with_builds=True) != before
        else:
            change()
            await changes.none_but((source / "app" / "main.py").unlink)


@pytest.mark.skipif(os.geteuid() != 0, reason="takes another user's eyes")
async def test_a_directory_of_a_context_that_bgd_may_not_read_is_named_and_watched_until_it_may() -> None:
    with tempfile.TemporaryDirectory() as made:
        root, hidden = Path(made), Path(made) / "hidden"
        root.chmod(0o755)
        hidden.mkdir(mode=0o700)
        (hidden / "app.py").write_text("1")
        context = BuildContext(root, root / "Dockerfile")
        os.seteuid(65534)
        try:
            with pytest.raises(InvalidInput, match=f"{hidden} can't be read"):
                files_of(context)
            async with watching(root / "compose.yaml", contexts=[context]) as changes:
                os.seteuid(0)
                hidden.chmod(0o755)
                os.seteuid(65534)
                (files, _) = files_of(context)
                assert hidden / "app.py" in files
                os.seteuid(0)
                (root / "compose.yaml").write_text("services: {}\n")
                await changes.next()
        finally:
            os.seteuid(0)


def test_a_context_counts_by_what_it_holds(source: Path) -> None:
    before = contents_of(built(source), with_builds=True)
    main = source / "app" / "main.py"
    text = main.read_text()
    main.write_text("otherwise")
    assert contents_of(built(source), with_builds=True) != before
    main.unlink()
    main.write_text(text)  # as a checkout back does: another inode, another time
    assert contents_of(built(source), with_builds=True) == before
    main.chmod(0o755)
    assert contents_of(built(source), with_builds=True) != before


def test_configs_and_secrets_count_by_what_their_files_hold(tmp_path: Path) -> None:
    file = tmp_path / "key.pem"
    model = {"services": {}, "secrets": {"key": {"file": str(file)}}, "configs": {"c": {"content": "x"}}}
    before = contents_of(model, with_builds=False)
    file.write_text("one")
    after = contents_of(model, with_builds=False)
    assert before != after
    assert "one" not in str(after)


class Vanishing(type(Path())):  # type: ignore[misc]
    """A path with a link on it that is gone by the time that it is read."""

    def is_symlink(self) -> bool:
        return bool(self.name == "current")


def test_a_link_that_vanishes_while_it_is_looked_at_is_no_trouble(tmp_path: Path) -> None:
    seen = look([Vanishing(tmp_path / "current" / "compose.yaml")], [], None)
    assert (seen.files, {place for place, _ in seen.directories}) == ((None,), {tmp_path})


def test_a_context_that_is_gone_holds_nothing(tmp_path: Path) -> None:
    gone = tmp_path / "gone"
    seen = look([], [BuildContext(gone, gone / "Dockerfile")], None)
    assert [stamp for _, stamp in seen.builds] == [None, None]
