"""One module for each thing outside: the Docker engine, Compose, nginx, SQLite, the file watcher, probes."""
