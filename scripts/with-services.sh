#!/usr/bin/env bash
# Runs a command with a PostgreSQL and a Redis of its own on loopback.
#
#   scripts/with-services.sh go test ./...
#
# Installs both from Debian's packages when they are missing, starts them on
# free ports under a temporary folder, hands their addresses over as
# HOUZHEN_TEST_DATABASE_URL and HOUZHEN_TEST_REDIS_URL, and stops them after.
# An address that is already set is used as it is. With HOUZHEN_THROWAWAY=1 the
# PostgreSQL does not wait for the disk, keeps no log for others, tidies nothing,
# and lives in memory where there is room: right for tests, which kill programs
# but never the machine, and wrong for measurements.
set -euo pipefail

as_root() { if [ "$(id -u)" = 0 ]; then "$@"; else sudo "$@"; fi; }
fetch() {
  echo "installing $*" >&2
  as_root env DEBIAN_FRONTEND=noninteractive apt-get update -qq >&2 &&
    as_root env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "$@" >&2
}
install_missing() {
  local packages=()
  ls /usr/lib/postgresql/*/bin/postgres >/dev/null 2>&1 || packages+=(postgresql)
  command -v redis-server >/dev/null || packages+=(redis-server)
  if [ -n "${HOUZHEN_WITH_BROWSER:-}" ]; then
    # Pages open three times as fast without a window; the whole browser does too.
    command -v chromium-headless-shell >/dev/null || fetch chromium-headless-shell ||
      command -v chromium >/dev/null || packages+=(chromium)
    fc-list 2>/dev/null | grep -i 'noto.*cjk' >/dev/null || # all of it is read: a pipe closed early is a failure here
      packages+=(fonts-noto-cjk fontconfig)
  fi
  [ ${#packages[@]} -eq 0 ] || fetch "${packages[@]}"
}
free_port() { python3 -c 'import socket; s=socket.socket(); s.bind(("127.0.0.1",0)); print(s.getsockname()[1])' 2>/dev/null || perl -MIO::Socket::INET -e 'print IO::Socket::INET->new(Listen=>1,LocalAddr=>"127.0.0.1")->sockport'; }

install_missing
if [ -n "${HOUZHEN_THROWAWAY:-}" ]; then
  durability="-c fsync=off -c synchronous_commit=off -c full_page_writes=off -c wal_level=minimal -c max_wal_senders=0"
  durability+=" -c autovacuum=off -c checkpoint_timeout=1h -c max_wal_size=4GB"
  dir=$("$(dirname "$0")/scratch.sh")
else
  # As docs/operations.md tells those who run it for a hospital.
  memory=$(awk '/MemTotal/ {print int($2 / 4096)}' /proc/meminfo 2>/dev/null || echo 128)
  durability="-c shared_buffers=${memory}MB -c max_wal_size=4GB -c checkpoint_timeout=15min"
  dir=$(mktemp -d)
fi
chmod 755 "$dir"
redis_pid=""
pg_bin=$(ls -d /usr/lib/postgresql/*/bin | sort -V | tail -1)
as_postgres() { if [ "$(id -u)" = 0 ]; then runuser -u postgres -- "$@"; else "$@"; fi; }
stop() {
  [ -n "$redis_pid" ] && kill "$redis_pid" 2>/dev/null || true
  [ -d "$dir/pg" ] && (cd / && as_postgres "$pg_bin/pg_ctl" -D "$dir/pg" -m immediate -s stop) || true
  rm -rf "$dir"
}
trap stop EXIT

if [ -z "${HOUZHEN_TEST_DATABASE_URL:-}" ]; then
  [ "$(id -u)" = 0 ] && chown postgres "$dir"
  port=$(free_port)
  (cd / && as_postgres "$pg_bin/initdb" -D "$dir/pg" -U houzhen -A trust -E UTF8 --no-locale >"$dir/initdb.log" 2>&1) || { cat "$dir/initdb.log" >&2; exit 1; }
  (cd / && as_postgres "$pg_bin/pg_ctl" -D "$dir/pg" -w -s -l "$dir/pg.log" \
    -o "-p $port -c listen_addresses=127.0.0.1 -c unix_socket_directories=$dir -c max_connections=300 $durability" start) || { cat "$dir/pg.log" >&2; exit 1; }
  export HOUZHEN_TEST_DATABASE_URL="postgres://houzhen@127.0.0.1:$port/postgres?sslmode=disable"
fi
if [ -z "${HOUZHEN_TEST_REDIS_URL:-}" ]; then
  port=$(free_port)
  redis-server --port "$port" --bind 127.0.0.1 --save '' --appendonly no --maxmemory-policy noeviction --databases 64 >"$dir/redis.log" 2>&1 &
  redis_pid=$!
  for _ in $(seq 100); do redis-cli -p "$port" ping >/dev/null 2>&1 && break; sleep 0.05; done
  export HOUZHEN_TEST_REDIS_URL="redis://127.0.0.1:$port/0"
fi
"$@"
