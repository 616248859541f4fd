"""`bgctl doctor`: what keeps bgd from working on this host, or soon will.

It needs no daemon, and changes nothing. Each theme is a module with one function, `look`, which takes a
`Place` and returns findings; all look at once, none for longer than `THEME_TIMEOUT_S`.

daemon       does it answer, and is it of this version
host         Linux, and what its kernel is needed for
engine       is it there, new enough, on this host
compose      is it there, new enough
proxy        does nginx run, and which promises hold with it
ports        are the addresses the proxy's, or free
disk         room for images, for the journal, for nginx's log
memory       room for a second copy of the apps
permissions  who may do what with the state, the socket and the engine
"""

from bgd.adapters.doctor.examination import THEMES, examine
from bgd.adapters.doctor.place import Place

__all__ = ["THEMES", "Place", "examine"]
