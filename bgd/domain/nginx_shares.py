"""Shares of the visitors, in nginx's configuration: who is on which colour while traffic shifts.

**A place.** Each visitor has one of a hundred places. It is drawn from the address and the browser's name,
and a cookie that holds nothing but the place keeps it when these change; the cookie comes with the first
answer during a shift. Places below the percentage are the share, so a greater share has all of a smaller
one, and nobody moves but from the old colour to the new, once.

**The share** is a link to a directory with a file for each place in it, asked for when the request comes, as
the gate is: exchanged by one `rename`, it holds for old and new workers at once and needs no reload.

It is asked for before the gate and outranks it. So when the gate is flipped first and the share dropped
after that, a request that finds no share any more finds the gate flipped: nobody on the new colour sees the
old one for a moment.

Only apps that shift have any of this.
"""

from __future__ import annotations

from collections.abc import Sequence

from bgd.domain import nginx_layout as layout
from bgd.domain.color import Color
from bgd.domain.nginx_block import Lines, block
from bgd.domain.nginx_words import variable
from bgd.domain.traffic import AppRoutes

PLACES = 100
REMEMBERED_S = 86_400
"""A day: a browser that stays away for longer is a new visitor."""
SHARED, WHOLE = "shared", "whole"
"""What the marker says of an app that can shift: whether it has a share."""
OUTSIDE = PLACES - 1
"""A place that no share has: who asks from there sees what the gate says."""

_PLACE = "([0-9]|[1-9][0-9])"


def place_cookie(app: str) -> str:
    """The cookie that keeps a visitor's place with an app; nginx reads no name with a dash in it."""
    return variable("bgd_place", app)


def declared(apps: Sequence[AppRoutes]) -> Lines:
    """At the level of `http`: how places are drawn, kept and given."""
    shifting = [entry for entry in apps if entry.shifts]
    if not shifting:
        return []
    drawn = [*(f"1% {place};" for place in range(PLACES - 1)), f"* {PLACES - 1};"]
    lines = block('split_clients "$remote_addr|$http_x_forwarded_for|$http_user_agent" $bgd_drawn', drawn)
    for entry in shifting:
        cookie, sharing = f"$cookie_{place_cookie(entry.app)}", f"${variable('bgd_sharing', entry.app)}"
        place, kept = f"${variable('bgd_place', entry.app)}", f"${variable('bgd_kept', entry.app)}"
        path = entry.routes[entry.live or entry.preview()].path
        given = (
            f"{place_cookie(entry.app)}={place}; Path={path}; Max-Age={REMEMBERED_S}; HttpOnly; SameSite=Lax"
        )
        lines += block(f'map "{cookie}" {place}', ["default $bgd_drawn;", f'"~^{_PLACE}$" {cookie};'])
        answers = ['default "";', f'"~^{SHARED}{_PLACE}$" "";', f'"~^{SHARED}" "{given}";']
        lines += block(f'map "{sharing}{cookie}" {kept}', answers)
    return lines


def asked(entry: AppRoutes) -> Lines:
    """Note whether there is a share, and the colour that it puts the visitor on. Before the gate."""
    if not entry.shifts:
        return []
    share, sharing, place = (
        f"${variable(f'bgd_{word}', entry.app)}" for word in ("share", "sharing", "place")
    )
    return [
        f"set {sharing} {WHOLE};",
        f"if (-f {layout.share_file(entry.app, layout.SHARE_ON)}) {{ set {sharing} {SHARED}; }}",
        f'set {share} "";',
        *(
            f"if (-f {layout.share_file(entry.app, f'{color}.{place}')}) {{ set {share} {color}; }}"
            for color in Color
        ),
    ]


def outranked(entry: AppRoutes) -> Lines:
    """The share's word, after the gate's."""
    if not entry.shifts:
        return []
    share, color = f"${variable('bgd_share', entry.app)}", f"${variable('bgd_color', entry.app)}"
    return [f"if ({share}) {{ set {color} {share}; }}"]


def kept(entry: AppRoutes) -> Lines:
    """In a location that answers for the app: have the visitor keep the place. An empty header isn't sent."""
    return [f"add_header Set-Cookie ${variable('bgd_kept', entry.app)} always;"] if entry.shifts else []
