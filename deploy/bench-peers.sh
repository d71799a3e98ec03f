#!/bin/sh
# Installs what `make bench` measures Mamori beside, on top of deploy/peers.sh. Continuous integration does not need it.
set -u
"$(dirname "$0")/peers.sh"
PATH="$PATH:/usr/sbin" command -v pdns_recursor >/dev/null && command -v gcc >/dev/null && exit 0
if [ "$(id -u)" != 0 ] || ! command -v apt-get >/dev/null; then
  echo "bench-peers: as root type: apt-get install pdns-recursor gcc libc6-dev" >&2
  exit 1
fi
# Debian starts a daemon when it is installed; the bench starts its own, on high ports.
policy=/usr/sbin/policy-rc.d
[ -e "$policy" ] || { printf '#!/bin/sh\nexit 101\n' >"$policy" && chmod +x "$policy" && trap 'rm -f "$policy"' EXIT; }
export DEBIAN_FRONTEND=noninteractive
{ apt-get update && apt-get install -y --no-install-recommends pdns-recursor gcc libc6-dev; } >/dev/null 2>&1 || {
  echo "bench-peers: apt-get could not install pdns-recursor, gcc and libc6-dev" >&2
  exit 1
}
