#!/bin/sh
# Installs the Debian packages the interop tests talk to, and what the C extension is built with. Where that is not allowed
# the tests that need them are listed as skipped, with the reason; in CI none may be (tests/support/tools.py makes such a
# skip a failure).
set -u
for tool in unbound knotd prometheus promtool dig delv dnsperf systemd-analyze curl nginx softhsm2-util \
  kdig h2load stubby getdns_query dnsdist ip chromium gcc clang-14; do
  PATH="$PATH:/usr/sbin" command -v "$tool" >/dev/null || missing="${missing:-} $tool"
done
headers=$(python3 -c 'import sysconfig; print(sysconfig.get_path("include"))' 2>/dev/null)
[ -e "$headers/Python.h" ] || missing="${missing:-} python3-dev"
[ -n "$(fc-list :lang=ja 2>/dev/null)" ] || missing="${missing:-} fonts-noto-cjk"
[ -n "${missing:-}" ] || exit 0
if [ "$(id -u)" != 0 ] || ! command -v apt-get >/dev/null; then
  echo "peers: not installed (no root or no apt-get):$missing; their tests will be skipped"
  exit 0
fi
# Debian starts a daemon when it is installed; the tests start their own, on high ports.
policy=/usr/sbin/policy-rc.d
[ -e "$policy" ] || { printf '#!/bin/sh\nexit 101\n' >"$policy" && chmod +x "$policy" && trap 'rm -f "$policy"' EXIT; }
export DEBIAN_FRONTEND=noninteractive
{ apt-get update && apt-get install -y --no-install-recommends \
    unbound knot prometheus bind9-dnsutils dnsperf systemd curl nginx-light softhsm2 \
    knot-dnsutils nghttp2-client stubby getdns-utils dnsdist iproute2 gcc libc6-dev python3-dev clang-14 libclang-rt-14-dev \
    chromium fontconfig fonts-noto-cjk; } >/dev/null 2>&1 ||
  echo "peers: apt-get could not install all of:$missing; their tests will be skipped"
