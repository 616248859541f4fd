"""The part of nginx's configuration that is the same whatever the apps are, with its reasons.

The reasons stand in the configuration itself, so that whoever opens the file on a server reads them too.
Everything has an absolute path, and what newer versions do by default is written out. What an older nginx
lacks is left out for it: see `bgd.domain.nginx_version`.
"""

from __future__ import annotations

from string import Template

MAIN = Template("""\
worker_processes $workers;
pid /run/nginx.pid;
# An idle colour's names don't resolve, which nginx reports once a second and name; requests' errors are
# logged by the level that `http` has.
error_log stderr crit;
# A reload cuts nobody off: the old workers end their requests. But the workers are common to all apps, so a
# WebSocket of one app would keep an old worker for each reload of every other: after an hour it has to
# reconnect. Less would cut streams of apps that have nothing to do with the deployment.
worker_shutdown_timeout 1h;
# Here and not as a limit of the container: that one fails to start where the engine may grant less.
worker_rlimit_nofile 16384;

events {
    worker_connections 8192;
}
""")

GENTLY = "keepalive_min_timeout 5s;"
"""The line of `HTTP` that nginx knows since 1.27.4."""

HTTP = r"""
# Logs. What nginx says about requests that failed; and a line without names, paths and addresses for each
# request that went to an app: when it ended, to which colour, its status, the app's own, how long it took,
# and after which time the app began to answer. See bgd/domain/served.py.
error_log stderr error;
access_log off;
log_format bgd '$msec;$bgd_to;$status;$upstream_status;$request_time;$upstream_header_time';
log_not_found off;
server_tokens off;
default_type application/octet-stream;

# Nothing writes there: bodies aren't buffered.
client_body_temp_path /var/cache/nginx/client_temp;
proxy_temp_path /var/cache/nginx/proxy_temp;
fastcgi_temp_path /var/cache/nginx/fastcgi_temp;
uwsgi_temp_path /var/cache/nginx/uwsgi_temp;
scgi_temp_path /var/cache/nginx/scgi_temp;

# Names of 40 characters and hosts of 253 fit.
variables_hash_max_size 4096;
variables_hash_bucket_size 256;
server_names_hash_max_size 8192;
server_names_hash_bucket_size 512;
proxy_headers_hash_max_size 1024;
proxy_headers_hash_bucket_size 128;

# Docker's DNS. Addresses of containers come and go: an old one may be another container's a second later.
resolver 127.0.0.11 valid=1s ipv6=off;
resolver_timeout 1s;

# --- Clients --------------------------------------------------------------------------------------------
# A connection that has sent nothing holds an old worker after a reload until this ends.
client_header_timeout 10s;
large_client_header_buffers 4 32k;
client_max_body_size 0;
keepalive_timeout 75s;
# After a reload the old workers wait so long for a next request on an idle connection, and answer it with
# `Connection: close`. Without it they close at once, and a request that is on its way is lost.
keepalive_min_timeout 5s;
# Between two reads or writes. bgd can't know what an app streams, and an idle connection costs little.
client_body_timeout 1h;
send_timeout 1h;
# Dropped rather than passed: X_Forwarded_For is X-Forwarded-For to every WSGI, Rack and PHP app.
underscores_in_headers off;
ignore_invalid_headers on;

# --- Apps -----------------------------------------------------------------------------------------------
proxy_http_version 1.1;
# A SYN that finds the app's queue full is sent again after 1 s and after 3 s: a burst isn't an error yet.
# An address that nobody has any more fails by itself after 3 s.
proxy_connect_timeout 4s;
proxy_read_timeout 1h;
proxy_send_timeout 1h;
# Server-sent events and long polls pass at once; up- and downloads of any size need no disk; and a request
# is connected to its colour the moment it is read, so who drains a colour sees all that is under way.
proxy_buffering off;
proxy_request_buffering off;
proxy_max_temp_file_size 0;
# The heads of answers, large cookies included. With 32k a static nginx maps and unmaps memory at each
# request, which costs it 12 µs of 27; with 24k it doesn't.
proxy_buffer_size 24k;
proxy_buffers 8 24k;
# Another container of the same colour is tried only where the connection failed. (An unbuffered request
# isn't sent again once a byte of it may have been, whatever its method.)
proxy_next_upstream error timeout;
proxy_redirect off;
# Bytes from apps are the app's: its errors are passed on, and it can't send nginx elsewhere by a header.
proxy_intercept_errors off;
proxy_ignore_headers X-Accel-Redirect X-Accel-Expires X-Accel-Limit-Rate X-Accel-Buffering X-Accel-Charset;
proxy_pass_header Server;

# The host as the client sent it, with its port. Where the request line names another host than the header,
# nginx routes by the request line, so that is what the app gets (RFC 9112, 3.2.2). HTTP/1.0 may send none.
map "$host|$http_host" $bgd_sent_host {
    default $host;
    "|" localhost;
    "~*^(.+)\|\1\.?(:[0-9]+)?$" $http_host;
}
map $bgd_sent_host $bgd_sent_port {
    default "";
    "~:([0-9]+)$" $1;
}
# RFC 7239; a host that would end the quotes is left out.
map $remote_addr $bgd_forwarded_for {
    default $remote_addr;
    "~:" '"[$remote_addr]"';
}
map $bgd_host $bgd_forwarded_host {
    default "";
    "~^[A-Za-z0-9.:_\[\]-]+$" ';host="$bgd_host"';
}
# WebSockets and their like; but not h2c: a client could tunnel requests past the headers set here.
map $http_upgrade $bgd_upgrade {
    default $http_upgrade;
    "~*h2c" "";
}
map $bgd_upgrade $bgd_connection {
    default upgrade;
    "" "";
}

# Set, never appended to: what a client sends in them is worth nothing. What a proxy that is trusted
# sends is in the variables already.
proxy_set_header Host $bgd_host;
proxy_set_header Upgrade $bgd_upgrade;
proxy_set_header Connection $bgd_connection;
proxy_set_header X-Real-IP $remote_addr;
proxy_set_header X-Forwarded-For $remote_addr;
proxy_set_header X-Forwarded-Proto $bgd_scheme;
proxy_set_header X-Forwarded-Host $bgd_host;
proxy_set_header X-Forwarded-Port $bgd_port;
proxy_set_header Forwarded "for=$bgd_forwarded_for$bgd_forwarded_host;proto=$bgd_scheme";
proxy_set_header X-Forwarded-Prefix "";
proxy_set_header X-Forwarded-Scheme "";
proxy_set_header X-Forwarded-Server "";
proxy_set_header X-Forwarded-Ssl "";
proxy_set_header X-Original-URL "";
proxy_set_header X-Rewrite-URL "";
proxy_set_header Proxy "";
"""
