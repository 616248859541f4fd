"""The role of each service, with the reason: what the file says, else what it shows.

The first rule that applies decides; the order is from what is certain to what is likely. A wrong
`shared` costs a restart by hand, a wrong `colored` on a database costs data: when in doubt about
data, it is shared.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping

from bgd.domain import rules
from bgd.domain.plan import RoleOf
from bgd.domain.service import Service, words_of
from bgd.domain.settings import Role, Settings

Services = Mapping[str, Service]
_Rule = Callable[[Service, Services], RoleOf | None]

WEB_PORTS = frozenset({80, 443})


def infer_roles(services: Services, settings: Settings) -> dict[str, RoleOf]:
    """The role of every service, in the model's order. What `x-bgd` says goes before every rule."""
    roles: dict[str, RoleOf] = {}
    for name, service in services.items():
        if name in settings.roles:
            roles[name] = RoleOf(settings.roles[name], "x-bgd says so")
        elif name == settings.route.service:
            roles[name] = RoleOf(Role.COLORED, "it takes the requests: x-bgd says so")
        else:
            roles[name] = _inferred(service, services)
    free = [name for name in services if name not in settings.roles and name != settings.route.service]
    for name in free:
        if tied := _tied(services[name], services, roles):
            roles[name] = tied
    return roles


def _tied(service: Service, services: Services, roles: Mapping[str, RoleOf]) -> RoleOf | None:
    """The role that a service must have because of whose network it uses."""
    if roles[service.name].role is not Role.COLORED:
        return None
    owner = service.network_of
    given = roles[owner].role if owner in roles else None
    if given in (Role.SHARED, Role.LIVE_ONLY, Role.IGNORED):
        return RoleOf(given, f"it uses the network of {owner}, which is {given}")
    colored = [name for name, of in roles.items() if of.role is Role.COLORED]
    if service.is_on_host_network and any(not services[name].is_on_host_network for name in colored):
        return RoleOf(Role.LIVE_ONLY, "it uses the host's network, and two would want the same ports")
    return None


def _inferred(service: Service, services: Services) -> RoleOf:
    found = (rule(service, services) for rule in _RULES)
    return next(filter(None, found), RoleOf(Role.COLORED, "nothing shows data, a queue or a clock"))


def _is_awaited_to_end(service: Service, services: Services) -> RoleOf | None:
    waiting = [
        other.name
        for other in services.values()
        if other.needs.get(service.name) == "service_completed_successfully"
    ]
    if not waiting:
        return None
    more = f" and {len(waiting) - 1} more" if len(waiting) > 1 else ""
    return RoleOf(Role.TASK, f"{waiting[0]}{more} waits until it has ended well")


def _is_named_as_task(service: Service, _: Services) -> RoleOf | None:
    if service.restarts_always or service.published:
        return None
    if word := _first(service.words & rules.TASKS):
        return RoleOf(Role.TASK, f"its name says {word}, and it isn't restarted when it ends")
    if word := _first(frozenset(service.image_words) & rules.TASKS):
        return RoleOf(Role.TASK, f"{service.origin}, and it isn't restarted when it ends")
    return None


def _has_task_command(service: Service, _: Services) -> RoleOf | None:
    if service.restarts_always or service.published:
        return None
    if word := _first(service.command_words & rules.TASK_PROGRAMS):
        return RoleOf(Role.TASK, f"its command says {word}, and it isn't restarted when it ends")
    last = re.split(r"&&|;|\|\|", service.command)[-1]
    if any(re.search(pattern, last) for pattern in rules.TASK_COMMANDS):
        return RoleOf(Role.TASK, "its command migrates and then ends")
    if re.search(rules.BUILD_COMMANDS, last):
        return RoleOf(Role.TASK, "its command builds files and then ends")
    program = _program(last)
    if program in rules.FILE_COMMANDS:
        return RoleOf(Role.TASK, f"its command ends with {program}, and it isn't restarted then")
    return None


def _runs_a_client(service: Service, _: Services) -> RoleOf | None:
    program = _program(service.command)
    if service.restarts_always or program not in rules.CLIENTS or not stateful_word(service):
        return None
    return RoleOf(Role.TASK, f"it runs {program}, a client, and isn't restarted when it ends")


def _has_stateful_image(service: Service, _: Services) -> RoleOf | None:
    word = stateful_word(service)
    if word is None or service.words & rules.NOT_THE_DATABASE:
        return None
    return RoleOf(Role.SHARED, f"{service.origin}, {rules.STATEFUL_IMAGES[word]}")


def stateful_word(service: Service) -> str | None:
    """The word of the image's base name that says that it keeps data, if that is what the image does."""
    words = service.image_words
    if rules.NOT_STATEFUL.intersection(words):
        return None
    for index, word in enumerate(words):
        for name in (word, word.rstrip("0123456789")):
            if name in rules.STATEFUL_IMAGES:
                return None if rules.COMPONENTS.intersection(words[:index]) else name
    return None


def is_beside_database(service: Service) -> bool:
    """Whether it is a tool for a database: `kafka-ui`, `postgres-exporter`, `mongo-express`."""
    words = set(service.image_words)
    return bool(words & rules.STATEFUL_IMAGES.keys() and words & rules.BESIDE_DATABASES)


def _acts_by_clock_or_queue(service: Service, services: Services) -> RoleOf | None:
    if any(port.host in WEB_PORTS for port in service.published):
        return None
    if re.search(rules.SERVER_COMMANDS, service.command):
        return None
    for pattern, reason in rules.LIVE_ONLY_COMMANDS:
        if re.search(pattern, service.command):
            return RoleOf(Role.LIVE_ONLY, f"its command {reason}")
    kinds = (
        (rules.CRON, "what runs by the clock must not run twice"),
        (rules.QUEUES, "two versions must not share a queue"),
    )
    sources = (
        ("name", service.words),
        ("image", words_of(service.base_name)),
        ("command", service.command_words),
    )
    # A worker that is published and that others wait for answers them: it is a service by another name.
    if service.published_http and _is_needed(service, services):
        return None
    for words, reason in kinds:
        for source, found in sources:
            # `celery` begins the commands of Celery's tools too; its workers' were found above.
            if word := _first(found & words - ({"celery"} if source == "command" else set())):
                return RoleOf(Role.LIVE_ONLY, f"its {source} says {word}: {reason}")
    perhaps = _first((service.words | words_of(service.base_name)) & rules.PERHAPS_QUEUES)
    if perhaps and not service.published and not service.exposed and not _is_needed(service, services):
        return RoleOf(Role.LIVE_ONLY, f"its name says {perhaps}, it has no port and nothing waits for it")
    return None


def _routes_itself(service: Service, _: Services) -> RoleOf | None:
    for name in (service.base_name, _program(service.command)):
        if name in rules.ROUTERS:
            return RoleOf(Role.IGNORED, f"it is {name}, a proxy, which bgd's nginx replaces")
    if service.base_name in rules.CERTIFICATES:
        return RoleOf(Role.IGNORED, f"it is {service.base_name}, which serves the proxy that nginx replaces")
    if service.reads_docker_socket and any(port.container == 443 for port in service.published):
        return RoleOf(Role.IGNORED, "it owns port 443 and reads Docker's socket to route")
    return None


def _ends_tls(service: Service, services: Services) -> RoleOf | None:
    """A plain web server in front of one app, there for HTTPS alone.

    One that waits for several services routes between them, one that shares files with the app serves
    them, and one before PHP-FPM speaks FastCGI: bgd's nginx can't take the place of any of these.
    """
    if service.is_built or service.base_name not in rules.WEB_SERVERS or len(service.repository) > 3:
        return None
    if not service.is_on_host_network and not any(p.container == 443 for p in service.published):
        return None
    others = [other for other in services.values() if other is not service and may_serve(other)]
    if not others or sum(name in {o.name for o in others} for name in service.needs) > 1:
        return None
    if any(other.speaks_fastcgi or service.shares_files_with(other) for other in others):
        return None
    return RoleOf(Role.IGNORED, f"it is {service.base_name} with port 443, which bgd's nginx replaces")


def _is_a_script(service: Service, _: Services) -> RoleOf | None:
    if service.base_name not in rules.PLAIN_IMAGES or service.restarts_always or service.published:
        return None
    if service.is_built or re.search(rules.FOR_EVER, service.command):
        return None
    return RoleOf(Role.TASK, f"it runs a script in {service.base_name}, and isn't restarted when it ends")


def _keeps_data_files(service: Service, _: Services) -> RoleOf | None:
    if service.words & rules.NOT_STATEFUL:
        return None
    if path := service.has_data_at(rules.DATA_PATHS):
        return RoleOf(Role.SHARED, f"it keeps a database's files in {path}")
    check = service.health_command
    for known in rules.DATABASE_CHECKS:
        if check.startswith(known) and " -h " not in check and "--host" not in check:
            return RoleOf(Role.SHARED, f"its health check is {known}, a database's")
    return None


def _is_named_like_a_database(service: Service, _: Services) -> RoleOf | None:
    if service.words & (rules.NOT_STATEFUL | rules.COMPONENTS) or service.published_http:
        return None
    if word := _first(service.words & rules.STATEFUL_NAMES):
        return RoleOf(Role.SHARED, f"its name says {word}")
    return None


def may_serve(service: Service) -> bool:
    """Whether it could answer browsers: neither data, nor a worker, nor a tool, as far as it shows."""
    return not any(rule(service, {}) for rule in (_is_named_as_task, *_DATA, _acts_by_clock_or_queue))


def routed_by(service: Service) -> str:
    """What in the file tells another proxy to send it requests, as a subject; empty where nothing does."""
    # Empty where a variable that isn't set stands for "no".
    names = [name for name in ("VIRTUAL_HOST", "LETSENCRYPT_HOST") if service.environment.get(name)]
    if names:
        return names[0]
    labels = service.labels
    if labels.get("traefik.enable", "true").lower() == "false":
        return ""
    traefik = ("traefik.http.routers.", "traefik.http.services.", "traefik.frontend.")
    if any(key.startswith(traefik) for key in labels):
        return "a Traefik label"
    return "a Caddy label" if "caddy" in labels else ""


def is_routed(service: Service) -> bool:
    """Whether the file tells another proxy to send it requests."""
    return bool(routed_by(service))


def routed_hosts(service: Service) -> tuple[str, ...]:
    """The host names that such a proxy is told to send it, as far as they are written out."""
    texts = [value for key, value in service.labels.items() if key.startswith("traefik.") and "rule" in key]
    found = [host for text in texts for host in re.findall(r"(?:Host\(`|Host:)([^`,;) ]+)", text)]
    found += service.environment.get("VIRTUAL_HOST", "").split(",")
    found += re.split(r"[\s,]+", service.labels.get("caddy", ""))
    hosts = (host.strip().removeprefix("https://").removeprefix("http://").lower() for host in found)
    return tuple(
        dict.fromkeys(host for host in hosts if re.fullmatch(r"(\*\.)?[a-z0-9-]+(\.[a-z0-9-]+)+", host))
    )


def _is_needed(service: Service, services: Services) -> bool:
    return any(service.name in other.needs for other in services.values())


def _program(command: str) -> str:
    return next(iter(command.split()), "").rsplit("/", 1)[-1]


def _first(words: frozenset[str]) -> str | None:
    return min(words) if words else None


_DATA: tuple[_Rule, ...] = (_has_stateful_image, _keeps_data_files, _is_named_like_a_database)
_RULES: tuple[_Rule, ...] = (
    _is_awaited_to_end,
    _is_named_as_task,
    _runs_a_client,
    _has_stateful_image,
    _routes_itself,
    _acts_by_clock_or_queue,
    _has_task_command,
    _ends_tls,
    _is_a_script,
    _keeps_data_files,
    _is_named_like_a_database,
)
