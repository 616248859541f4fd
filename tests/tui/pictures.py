"""Makes the pictures of `docs/`: python -m tests.tui.pictures FOLDER [SCENE …]"""

from __future__ import annotations

import argparse
import asyncio
import os
import re
import time
from pathlib import Path

from tests.fake_daemon import running_daemon
from tests.tui.scenes import SCENES
from tests.tui.shop import NOW
from tests.tui.shown import shown

SIZE = (120, 36)
# Textual's pictures load a font from the net; whoever reads the documentation needn't be told to anybody.
_FONT_FACE = re.compile(r"@font-face \{.*?\}\s*", re.DOTALL)


async def picture(scene: str, size: tuple[int, int], theme: str) -> str:
    """One scene as SVG."""
    with running_daemon() as daemon:
        play = SCENES[scene](daemon)
        async with shown(daemon, size, theme, clock=lambda: NOW) as ui:
            await play(ui)
            await ui.settled()
            svg = ui.app.export_screenshot(title=f"bgctl ui · {scene}")
    svg = _FONT_FACE.sub("", svg).replace("Fira Code", "DejaVu Sans Mono")
    return "\n".join(line.rstrip() for line in svg.splitlines()) + "\n"


def main() -> None:
    """Write them."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path)
    parser.add_argument("scenes", nargs="*", default=[*SCENES])
    parser.add_argument("--size", default="x".join(map(str, SIZE)))
    parser.add_argument("--theme", default="dark")
    options = parser.parse_args()
    os.environ["TZ"] = "UTC"
    time.tzset()
    columns, rows = map(int, options.size.split("x"))
    options.folder.mkdir(parents=True, exist_ok=True)
    wanted = [(scene, (columns, rows), options.theme, scene) for scene in options.scenes]
    if options.scenes == [*SCENES]:
        wanted += [("glance", (columns, rows), "light", "light"), ("glance", (60, 20), "dark", "small")]
    for scene, size, theme, name in wanted:
        svg = asyncio.run(picture(scene, size, theme))
        (options.folder / f"{name}.svg").write_text(svg, encoding="utf-8")


if __name__ == "__main__":
    main()
