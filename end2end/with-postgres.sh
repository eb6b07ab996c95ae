#!/usr/bin/env bash
# Runs a command with DATABASE_URL set to a Postgres of its own, which is gone afterwards:
#   end2end/with-postgres.sh cargo nextest run
# It listens on a socket in a folder that only we can open, so it needs no password, and forgets safety for speed.
set -euo pipefail

bin=$("$(dirname "$0")/setup-postgres.sh")
# In /tmp whatever TMPDIR says: the path of a socket has at most 107 bytes.
folder=$(mktemp -d /tmp/entrain-postgres.XXXXXX)

# Postgres refuses to run as root: there it gets an account that may do nothing else.
as=()
if [ "$(id -u)" = 0 ]; then
  account=nobody
  id -u postgres >/dev/null 2>&1 && account=postgres
  chown "$account" "$folder"
  as=(setpriv "--reuid=$account" "--regid=$(id -g "$account")" --clear-groups)
fi

finish() {
  cd /
  "${as[@]}" "$bin/pg_ctl" stop --pgdata="$folder/data" --mode=immediate --silent >/dev/null 2>&1 || true
  rm -rf "$folder"
}
trap finish EXIT
trap 'exit 130' INT TERM HUP

quiet() {
  local log
  log=$(cd "$folder" && "$@" 2>&1) || {
    echo "with-postgres: $1 failed:" >&2
    echo "$log" >&2
    [ ! -f "$folder/log" ] || tail -n 20 "$folder/log" >&2
    exit 1
  }
}
# A test database per test wants many connections.
settings="-c listen_addresses='' -c unix_socket_directories=$folder -c fsync=off -c synchronous_commit=off"
settings="$settings -c full_page_writes=off -c max_connections=300 -c autovacuum=off"
quiet "${as[@]}" "$bin/initdb" --pgdata="$folder/data" --username=entrain --encoding=UTF8 --no-locale --auth=trust --no-sync
quiet "${as[@]}" "$bin/pg_ctl" start --pgdata="$folder/data" --wait --silent --log="$folder/log" --options="$settings"

export DATABASE_URL="postgres://entrain@localhost/postgres?host=$folder"
"$@"
