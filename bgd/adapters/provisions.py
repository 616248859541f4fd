"""What must exist before a project's containers: its volumes and networks."""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import Iterable, Mapping
from ipaddress import IPv4Network
from typing import Any

import docker
from docker.types import IPAMConfig, IPAMPool

from bgd.adapters.docker_engine import Attributes, DockerEngine
from bgd.adapters.taken_subnets import routed, subnets_of
from bgd.domain.render import NetworkSpec, Project, VolumeSpec
from bgd.domain.render.naming import DEFINITION, INSTANCE
from bgd.domain.subnet import free_subnet
from bgd.errors import Failed, NotFound

ATTEMPTS = 20
_SMALLEST_BITS, _LARGEST_BITS = 5, 16


class Provisions:
    """Creates networks and volumes once, whoever asks first."""

    def __init__(self, engine: DockerEngine) -> None:
        self._engine = engine
        # Between the choice of a subnet and its network nobody else in this daemon may choose.
        self._choosing = asyncio.Lock()

    async def ensure(self, project: Project) -> None:
        """Make the project's volumes and networks exist.

        A volume that exists is used as it is. A network that exists is used too, unless what it was made from
        has changed and nothing is on it any more. Raises `Failed` for a network so called that isn't bgd's.
        """
        for volume in project.volumes:
            await self._ensure_volume(volume)
        for network in project.networks:
            await self._ensure_network(network)

    async def _ensure_volume(self, spec: VolumeSpec) -> None:
        try:
            await self._engine.call(lambda api: api.inspect_volume(spec.name))
        except NotFound:
            options = dict(spec.driver_opts)
            await self._engine.call(
                lambda api: api.create_volume(spec.name, spec.driver, options, dict(spec.labels))
            )

    async def _ensure_network(self, spec: NetworkSpec) -> None:
        definition = _definition(spec)
        async with self._choosing:
            found = await self._find(spec.name)
            if found is not None:
                labels = found.get("Labels") or {}
                if labels.get(INSTANCE) != spec.labels[INSTANCE]:
                    raise Failed(
                        f"there is a network {spec.name} already that this bgd didn't make",
                        f"remove it (`docker network rm {spec.name}`), or give the app another name",
                    )
                if labels.get(DEFINITION) == definition or found.get("Containers"):
                    return
                try:
                    await self._engine.call(lambda api: api.remove_network(spec.name))
                except Failed:  # a stopped container is on it
                    return
            await self._create_network(spec, {**spec.labels, DEFINITION: definition})

    async def _find(self, name: str) -> Attributes | None:
        try:
            found: Attributes = await self._engine.call(lambda api: api.inspect_network(name))
        except NotFound:
            return None
        return found

    async def _create_network(self, spec: NetworkSpec, labels: Mapping[str, str]) -> None:
        """Create it on a subnet that is free; one that turns out not to be is left out, and another tried."""
        refused: list[IPv4Network] = []
        while True:
            ipam = _ipam(spec.ipam)
            if ipam is None and spec.driver == "bridge":
                refused.append(free_subnet([*await self._taken(), *refused], _prefix(spec.hosts)))
                ipam = IPAMConfig(pool_configs=[IPAMPool(subnet=str(refused[-1]))])
            try:
                await self._engine.call(lambda api: _create(api, spec, labels, ipam))  # noqa: B023 - awaited
                return
            except Failed as error:
                if spec.ipam is None and "overlap" in error.message.lower() and len(refused) < ATTEMPTS:
                    continue
                raise Failed(
                    f"the network {spec.name} can't be created: {error.message}",
                    "a fixed subnet may be in use by the app itself, run by plain Compose: stop that first"
                    if spec.ipam
                    else error.hint,
                ) from None

    async def _taken(self) -> list[IPv4Network]:
        networks = await self._engine.call(lambda api: api.networks())
        taken = subnets_of(networks)
        if self._engine.address.is_local:
            taken += await asyncio.to_thread(routed)
        return taken

    async def connect(self, container: str, network: str, aliases: Iterable[str]) -> None:
        """Put a container on a network. Being there already is done."""
        names = list(aliases)
        try:
            await self._engine.call(
                lambda api: api.connect_container_to_network(container, network, aliases=names)
            )
        except Failed as error:
            if "already exists" not in error.message:
                raise

    async def remove_networks(self, labels: Mapping[str, str], kept: Iterable[str] = ()) -> None:
        """Remove the networks with these labels, whoever is on them, but for those whose names are `kept`."""
        wanted = [f"{name}={value}" for name, value in labels.items()]
        for network in await self._engine.call(lambda api: api.networks(filters={"label": wanted})):
            if network["Name"] not in kept:
                await self._remove_network(network["Id"])

    async def remove_volumes(self, labels: Mapping[str, str]) -> None:
        """Remove the volumes with these labels. Raises `Failed` naming those that something else uses."""
        wanted = [f"{name}={value}" for name, value in labels.items()]
        found = await self._engine.call(lambda api: api.volumes(filters={"label": wanted}))
        used: list[str] = []
        for volume in found.get("Volumes") or []:
            name = volume["Name"]
            try:
                await self._engine.call(lambda api: api.remove_volume(name))  # noqa: B023 - awaited
            except NotFound:
                continue
            except Failed as error:
                if "in use" not in error.message:
                    raise
                used.append(name)
        if used:
            raise Failed(
                f"something else uses {', '.join(used)}",
                f"`docker ps -a --filter volume={used[0]}` shows what: remove that and try again, "
                "or remove the app without --volumes",
            )

    async def _remove_network(self, network: str) -> None:
        try:
            await self._engine.call(lambda api: _clear_and_remove(api, network))
        except NotFound:
            return


def _create(
    api: docker.APIClient, spec: NetworkSpec, labels: Mapping[str, str], ipam: IPAMConfig | None
) -> None:
    api.create_network(
        spec.name,
        driver=spec.driver,
        options=dict(spec.driver_opts) or None,
        ipam=ipam,
        check_duplicate=True,
        internal=spec.internal,
        labels=dict(labels),
        enable_ipv6=spec.enable_ipv6,
        attachable=spec.attachable or None,
    )


def _clear_and_remove(api: docker.APIClient, network: str) -> None:
    for container in api.inspect_network(network).get("Containers") or {}:
        api.disconnect_container_from_network(container, network, force=True)
    api.remove_network(network)


def _definition(spec: NetworkSpec) -> str:
    parts = (
        spec.driver,
        sorted(spec.driver_opts.items()),
        spec.internal,
        spec.enable_ipv6,
        spec.ipam,
        _prefix(spec.hosts),
    )
    return hashlib.sha256(repr(parts).encode()).hexdigest()[:12]


def _prefix(hosts: int) -> int:
    """The prefix length that leaves room for twice as many containers, the gateway and one-offs."""
    bits = (2 * hosts + 8).bit_length()
    return 32 - min(max(bits, _SMALLEST_BITS), _LARGEST_BITS)


def _ipam(given: Mapping[str, Any] | None) -> IPAMConfig | None:
    if given is None:
        return None
    pools = [
        IPAMPool(
            subnet=pool.get("subnet"),
            iprange=pool.get("ip_range"),
            gateway=pool.get("gateway"),
            aux_addresses=pool.get("aux_addresses"),
        )
        for pool in given.get("config") or []
    ]
    return IPAMConfig(
        driver=given.get("driver") or "default", pool_configs=pools, options=given.get("options")
    )
