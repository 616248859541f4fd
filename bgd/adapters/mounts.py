"""File systems whose changes nobody tells of: those that another machine, or another kernel, writes to."""

from __future__ import annotations

import re
from pathlib import Path

MOUNTS = Path("/proc/self/mountinfo")
_REMOTE = re.compile(
    r"nfs4?|cifs|smb3?|smbfs|9p|virtiofs|afs|ceph|glusterfs|lustre|fuse(\..*)?|vboxsf|prl_fs|ncpfs"
)
_ESCAPED = re.compile(r"\\([0-7]{3})")


def is_remote(place: Path, mounts: Path = MOUNTS) -> bool:
    """Whether a place is on such a file system; where that can't be told, it isn't."""
    try:
        lines = mounts.read_text(errors="replace").splitlines()
        real = place.resolve()
    except OSError:
        return False
    found = ("", "")
    for line in lines:
        own, dash, rest = line.partition(" - ")
        words = own.split()
        if not dash or len(words) < 5:
            continue
        at = _ESCAPED.sub(lambda match: chr(int(match[1], 8)), words[4])
        # The last of several mounts on one place is the one that is seen.
        if real.is_relative_to(at) and len(at) >= len(found[0]):
            found = at, rest.split()[0]
    return bool(_REMOTE.fullmatch(found[1]))
