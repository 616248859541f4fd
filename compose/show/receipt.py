"""What the demo added to this machine, noted before it is added, so that it can be taken away again."""

import json
from dataclasses import asdict, dataclass, field

from compose.show.place import FOLDER, RECEIPT


@dataclass
class Receipt:
    engine_was_started: bool = False
    images: list[str] = field(default_factory=list)
    """Tags of the images that weren't there before."""

    def write(self) -> None:
        FOLDER.mkdir(parents=True, exist_ok=True)
        RECEIPT.write_text(json.dumps(asdict(self), indent=2) + "\n")


def read_receipt() -> Receipt | None:
    """The receipt of the last `make demo`; None where there was none since the last `make demo-down`."""
    try:
        return Receipt(**json.loads(RECEIPT.read_text()))
    except FileNotFoundError:
        return None
