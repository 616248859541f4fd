"""What works and will hurt: each with a stable code and its fix.

thin-smoke      no smoke block: only the health check stands before the switch
no-health       neither the file nor the image says when the front works
local-data      both colours would write one set of files: a deployment stops the old one first
boot-migration  the database is migrated while the old colour still works with it
closed-port     a published port of a service that isn't the front goes away
second-front    the same, for a port that looks like HTTP: bgd routes one service of an app
tls-port        the front speaks TLS itself, which isn't used
own-proxy       the app's own proxy isn't started, nor what it added
short-grace     a container may be killed sooner than its requests may end
moving-tag      what an image's name stands for changes without the file changing
order           a service waits for one that starts later; the wait is dropped
outside-proxy   a proxy outside reads the services' labels and would route to both colours
outside-name    on an external network, others don't reach a colored service by its name
lost-uploads    a place for uploads is on no volume
lost-sessions   sessions are kept in the container
memory          two colours may use more memory than the machine has
disk            the images of another release may not fit
host-hook       a hook is a command of the host, which the daemon has to allow
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from types import MappingProxyType
from typing import Any

from bgd.domain.findings import Findings
from bgd.domain.hazards import checks, doors, files, images, machine, order, outside
from bgd.domain.host import UNKNOWN, Host
from bgd.domain.plan import Caution, RoleOf
from bgd.domain.service import Service
from bgd.domain.settings import Route, Settings


def cautions_of(
    services: Mapping[str, Service],
    roles: Mapping[str, RoleOf],
    route: Route | None,
    settings: Settings,
    host: Host = UNKNOWN,
    networks: Mapping[str, Any] = MappingProxyType({}),
) -> Iterator[Caution]:
    """All that there is to say about a plan, what costs most first. `networks` are the model's."""
    front = services.get(route.service) if route else None
    found = Findings(services, roles, settings, front, route.port if route else None, host, networks)
    for warn in _CAUTIONS:
        yield from warn(found)


_CAUTIONS: tuple[Callable[[Findings], Iterator[Caution]], ...] = (
    files.local_data,
    outside.outside_proxy,
    machine.memory,
    machine.disk,
    files.uploads,
    files.sessions,
    order.boot_migration,
    doors.closed_ports,
    outside.outside_name,
    doors.tls_port,
    doors.own_proxy,
    order.order,
    doors.short_grace,
    images.moving_tags,
    checks.host_hook,
    checks.no_health,
    checks.thin_smoke,
)
