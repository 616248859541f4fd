"""Rendering: from a resolved Compose model and its plan to the projects that run it. Pure.

    blue, green   `colored`, `live-only` and `task` services, each colour on networks of its own
    shared        `shared` services, once, on networks that both colours join

Compose gets the containers; networks and volumes are bgd's own to create, so they are `external` in
every project. A network needs a free subnet, and choosing one and creating it must be one step that can be
repeated, which a file written beforehand can't do. A volume must outlive every project.
"""

from bgd.domain.render.command import Command, render_command
from bgd.domain.render.naming import Place
from bgd.domain.render.networks import Joint, NetworkSpec
from bgd.domain.render.project import Project, render_build, render_color
from bgd.domain.render.shared import finishing, merged_shared, render_shared
from bgd.domain.render.volumes import VolumeSpec

__all__ = [
    "Command",
    "Joint",
    "NetworkSpec",
    "Place",
    "Project",
    "VolumeSpec",
    "finishing",
    "merged_shared",
    "render_build",
    "render_color",
    "render_command",
    "render_shared",
]
