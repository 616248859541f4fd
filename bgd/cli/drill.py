"""`bgctl drill APP`: rehearses a switch and the way back, now, and tells what that did to real traffic."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any

from bgd.cli.interruption import asking, telling
from bgd.cli.traffic import receipt_lines
from bgd.cli.verdict import move_line
from bgd.client import Client
from bgd.client.following import Following, follow_events
from bgd.errors import BgError, Failed, Refused

if TYPE_CHECKING:
    from argparse import Namespace

    from bgd.cli.arguments import Parser
    from bgd.cli.out import Out
    from bgd.wire import AppJson, SwitchJson

RUNNING = frozenset({"ready", "warm", "draining"})
STAY_AT_MOST_S = 10.0
"""Real requests are to reach the other colour, or the way back tells nothing; they are known 2 s late."""
LOOK_EVERY_S = 0.25
RECEIPTS_WITHIN_S = 60.0
"""A receipt is there when the old colour has drained, and two seconds later all is known."""


def arguments(parser: Parser) -> None:
    """An app."""
    parser.takes_app()
    parser.takes_json()


def run(values: Namespace, out: Out) -> int:
    """Switch, and switch back; then the receipts of both. Raises `Refused` where a colour isn't there."""
    client = Client(values.socket)
    before = client.app(values.app)
    live, last = _refuse_unless_both_run(before), before["last_deployment"]
    following = follow_events(client, app=values.app)
    with following:
        traffic = client.traffic(values.app)
        way_back = f"`bgctl switch {values.app} --to {live}` goes back"
        with telling(out, "the daemon finishes the switch, and nobody orders the way back", way_back):
            moves = [client.switch(values.app)]
            is_given_up = _is_given_up(client, moves[-1], traffic["until"] + traffic["late_s"], values, out)
        with asking(out, values.app):
            moves.append(_back(client, values.app, live))
        _show(moves[-1], values, out)
        if is_given_up:
            raise KeyboardInterrupt
        receipts = _receipts(following, len(moves), 0 if last is None else last["id"], out)
    if values.json:
        out.document({"app": values.app, "moves": moves, "receipts": receipts})
        return 0
    for move, receipt in zip(moves, receipts, strict=False):
        out.fact()
        out.fact([(move["from"] or "nothing", move["from"] or ""), " → ", (move["to"], move["to"])])
        out.facts(receipt_lines(receipt))
    if len(receipts) < len(moves):
        out.note([(f"  not all has drained yet: bgctl show {values.app} RELEASE has the receipts", "faint")])
    return 0


def _refuse_unless_both_run(app: AppJson) -> str:
    """The live colour."""
    live = app["live"]
    if live is None:
        raise Refused(f"nothing of {app['app']} is live yet", f"`bgctl deploy {app['app']}`")
    other = app["colors"]["green" if live == "blue" else "blue"]
    if other["state"] not in RUNNING:
        raise Refused(
            f"only {live} of {app['app']} runs: the other colour is {other['state']}, and a drill needs both",
            f"`bgctl deploy {app['app']}` leaves the old colour warm",
        )
    return live


def _is_given_up(client: Client, move: SwitchJson, since: int, values: Namespace, out: Out) -> bool:
    """Let real requests come; whether somebody pressed Ctrl-C meanwhile, to have the old colour back."""
    try:
        _show(move, values, out)
        _stay(client, move, since, out)
    except KeyboardInterrupt:
        out.note([("given up: ", "warn"), "the traffic goes back now"])
        return True
    return False


def _back(client: Client, app: str, live: str) -> SwitchJson:
    try:
        return client.switch(app, live)
    except BgError as error:
        raise Failed(
            f"the way back failed: {error.message}", error.hint or f"`bgctl rollback {app}` tries again"
        ) from error


def _show(move: SwitchJson, values: Namespace, out: Out) -> None:
    if not values.json:
        out.fact(move_line(move))


def _stay(client: Client, move: SwitchJson, since: int, out: Out) -> None:
    """Wait for real requests on the colour that was moved to, from second `since` (of the epoch) on."""
    deadline = time.monotonic() + STAY_AT_MOST_S
    while time.monotonic() < deadline:
        time.sleep(LOOK_EVERY_S)
        try:
            traffic = client.traffic(move["app"])
        except BgError:  # the way back is tried all the same, and says what is wrong
            return
        known_s = traffic["until"] - since
        if known_s > 0 and any(traffic["colors"][move["to"]]["series"]["requests"][-known_s:]):
            return
    told = f"  no request reached {move['to']} within {STAY_AT_MOST_S:g} s: this tells little of real traffic"
    out.note([(told, "faint")])


def _receipts(following: Following, wanted: int, after: int, out: Out) -> list[Any]:
    """The receipts of the moves, in their order, as far as they come in time.

    That of an earlier change, `after` which the drill began, may come among them.
    """
    out.note([("  waiting for the receipts: the colours drain", "faint")])
    deadline, receipts = time.monotonic() + RECEIPTS_WITHIN_S, list[Any]()
    while len(receipts) < wanted and (left_s := deadline - time.monotonic()) > 0:
        event = following.next(left_s)
        if event is not None and event["event"] == "receipt" and event["deployment"] > after:
            receipts.append(event)
    return sorted(receipts, key=lambda receipt: int(receipt["deployment"]))
