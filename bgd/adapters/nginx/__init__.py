"""nginx in a container of its own Compose project: what moves the traffic.

traffic      the port: start, apply, switch, live, remaining, cut, requests
 ├── gates       files of each app say which colour is live; a rename moves the traffic
 ├── directory   the configuration on disk, replaced whole
 ├── wishes      tables that callers want served: many wishes, one reload
 ├── reload      a new configuration: tested, put in place, seen
 ├── workers     nginx's worker processes, and which of them are shutting down
 ├── traffic_log the requests that were served
 │   └── access_log  the file that nginx writes them to: read as it grows, replaced before it is large
 ├── streams     what old workers still have open to a colour; cut where its time is up
 ├── marker      asks nginx what it serves
 ├── launch      starting the proxy where it doesn't run
 ├── project     the proxy's Compose project, network and ports
 └── proxy       the proxy's container, through the engine's API
"""

from bgd.adapters.nginx.traffic import NginxTraffic

__all__ = ["NginxTraffic"]
