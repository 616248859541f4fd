"""`bgctl completion SHELL`: what a shell needs to complete bgctl's words."""

from __future__ import annotations

from importlib import import_module
from shlex import quote
from typing import TYPE_CHECKING

from bgd.cli.verbs import MODULES, VERBS

if TYPE_CHECKING:
    from argparse import Namespace

    from bgd.cli.arguments import Parser
    from bgd.cli.out import Out

SHELLS = ("bash", "zsh", "fish")
_APPS = "apps"  # what the scripts themselves ask for
_TAKES_FILE = ("check", "init", "add")
_TAKES_NOTHING = ("events", "doctor", "ui", "completion")
_NAMES = f"bgctl completion {_APPS} 2>/dev/null"


def arguments(parser: Parser) -> None:
    """A shell."""
    parser.add_argument("shell", metavar="{bash,zsh,fish}", choices=(*SHELLS, _APPS), help="which shell")


def run(values: Namespace, out: Out) -> int:
    """Print the script, for `source <(bgctl completion bash)` or a file of the shell's."""
    if values.shell == _APPS:
        from bgd.client import Client

        out.facts(app["app"] for app in Client(values.socket).apps()["apps"])
        return 0
    script = {"bash": bash, "zsh": zsh, "fish": fish}[values.shell]
    out.facts(script())
    return 0


def options() -> dict[str, dict[str, str]]:
    """Every verb's options with their help."""
    from bgd.cli.arguments import Parser

    told = {}
    for verb in VERBS:
        parser = Parser(verb)
        import_module(f"bgd.cli.{MODULES.get(verb, verb)}").arguments(parser)
        told[verb] = parser.options
    return told


def _apps_verbs() -> list[str]:
    return [verb for verb in VERBS if verb not in (*_TAKES_FILE, *_TAKES_NOTHING)]


def bash() -> list[str]:
    """A function for bash's `complete`."""
    cases = [f"    {verb}) words='{' '.join(known)}' ;;" for verb, known in options().items()]
    return [
        "_bgctl() {",
        "  local cur=${COMP_WORDS[COMP_CWORD]} words=''",
        '  if [ "$COMP_CWORD" -eq 1 ]; then',
        f"    COMPREPLY=($(compgen -W '{' '.join(VERBS)} --help --version' -- \"$cur\")); return",
        "  fi",
        "  case ${COMP_WORDS[1]} in",
        *cases,
        "  esac",
        "  case $cur in -*) ;; *)",
        "    case ${COMP_WORDS[1]} in",
        f'      {"|".join(_TAKES_FILE)}) COMPREPLY=($(compgen -f -- "$cur")); return ;;',
        f'      {"|".join(_apps_verbs())}) [ "$COMP_CWORD" -eq 2 ] && words=$({_NAMES}) ;;',
        f"      completion) words='{' '.join(SHELLS)}' ;;",
        "    esac ;;",
        "  esac",
        '  COMPREPLY=($(compgen -W "$words" -- "$cur"))',
        "}",
        "complete -F _bgctl bgctl",
    ]


def zsh() -> list[str]:
    """A function for zsh's completion system."""
    verbs = [f"      {quote(f'{verb}:{summary}')}" for verb, summary in VERBS.items()]
    cases = [f"    {verb}) choices=({' '.join(known)}) ;;" for verb, known in options().items()]
    return [
        "#compdef bgctl",
        "_bgctl() {",
        "  local -a verbs choices",
        "  if (( CURRENT == 2 )); then",
        "    verbs=(",
        *verbs,
        "    )",
        "    _describe verb verbs; return",
        "  fi",
        "  local verb=${words[2]}",
        "  case $verb in",
        *cases,
        "  esac",
        "  case $verb in",
        f"    {'|'.join(_TAKES_FILE)}) _files ;;",
        f'    {"|".join(_apps_verbs())}) choices+=(${{(f)"$({_NAMES})"}}) ;;',
        f"    completion) choices+=({' '.join(SHELLS)}) ;;",
        "  esac",
        "  compadd -- $choices",
        "}",
        "compdef _bgctl bgctl",
    ]


def fish() -> list[str]:
    """Lines of fish's `complete`."""
    lines = ["complete -c bgctl -f"]
    lines += [
        f"complete -c bgctl -n __fish_use_subcommand -a {verb} -d {_quoted(summary)}"
        for verb, summary in VERBS.items()
    ]
    for verb, known in options().items():
        seen = f"complete -c bgctl -n '__fish_seen_subcommand_from {verb}'"
        lines += [f"{seen} {_fish_flag(option)} -d {_quoted(told)}" for option, told in known.items()]
    lines.append(
        f"complete -c bgctl -n '__fish_seen_subcommand_from {' '.join(_apps_verbs())}' -a '({_NAMES})'"
    )
    lines.append(f"complete -c bgctl -n '__fish_seen_subcommand_from {' '.join(_TAKES_FILE)}' -F")
    lines.append(f"complete -c bgctl -n '__fish_seen_subcommand_from completion' -a '{' '.join(SHELLS)}'")
    return lines


def _fish_flag(option: str) -> str:
    return f"-l {option[2:]}" if option.startswith("--") else f"-s {option[1:]}"


def _quoted(text: str) -> str:
    return "'" + text.replace("\\", "\\\\").replace("'", "\\'") + "'"
