"""The HTTP service on the daemon's socket."""
