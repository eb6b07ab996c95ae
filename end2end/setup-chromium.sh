#!/usr/bin/env bash
# Prints the path of a Chromium for the browser tests; installs one first where there is none. Everything said on the
# way goes to stderr. In order: this machine's, Debian's package where we may install it, else Playwright's download.
set -euo pipefail
cd "$(dirname "$0")"

find_chromium() {
  local name
  for name in "${CHROMIUM:-}" chromium chromium-browser google-chrome-stable google-chrome; do
    [ -n "$name" ] && command -v "$name" && return
  done
  # Playwright's own download, if there is one; it answers with the path whether or not something is there.
  name=$(node -e 'console.log(require("@playwright/test").chromium.executablePath())' 2>/dev/null) && [ -x "$name" ] && echo "$name"
}

from_debian() {
  local root=()
  command -v apt-get >/dev/null || return 1
  if [ "$(id -u)" != 0 ]; then
    sudo -n true 2>/dev/null || return 1
    root=(sudo -n)
  fi
  echo "setup: installing Debian's chromium" >&2
  {
    "${root[@]}" apt-get update -qq
    "${root[@]}" env DEBIAN_FRONTEND=noninteractive apt-get install -qq --yes --no-install-recommends chromium fonts-liberation
  } >&2
}

from_playwright() {
  echo "setup: downloading Playwright's chromium" >&2
  npx playwright install chromium >&2
}

find_chromium && exit
from_debian && find_chromium && exit
from_playwright && find_chromium && exit
echo "setup: no Chromium here and none could be installed: install it, or set CHROMIUM to its path" >&2
exit 1
