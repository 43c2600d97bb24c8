#!/usr/bin/env bash
# What can be said of the Debian packages without installing them.
set -euo pipefail

scratch=$TEST_TMPDIR
found=0

claim() {
  local what=$1
  shift
  "$@" && return
  echo "NOT SO: $what" >&2
  found=1
}

for name in mxban-agent mxban-coordinator mxban-tools; do
  cp -L "deploy/debian/$name.deb" "$scratch"
  dpkg-deb -R "$scratch/$name.deb" "$scratch/$name"
  claim "$name has the version of VERSION" \
    [ "$(dpkg-deb -f "$scratch/$name.deb" Version)" = "$(<VERSION)" ]
done
(cd "$scratch" && dpkg-name ./*.deb >/dev/null)

claim "lintian finds nothing" \
  lintian --allow-root --fail-on error,warning --no-cfg "$scratch"/*.deb

# The configuration that comes with it is the operator's once it is there.
for name in mxban-agent mxban-coordinator; do
  claim "all of /etc of $name are conffiles" \
    diff "$scratch/$name/DEBIAN/conffiles" \
    <(cd "$scratch/$name" && find etc -type f | sort | sed 's|^|/|')
done
claim "the how-to's jail comes with it" \
  grep -q '^\[sendmail\]$' "$scratch/mxban-coordinator/etc/mxban/jail.local"

# No systemd runs where packages are tested as a whole: what these scripts tell it.
for name in mxban-agent mxban-coordinator; do
  scripts=$scratch/$name/DEBIAN
  claim "an upgrade restarts $name" \
    grep -q "_dh_action=restart" "$scripts/postinst"
  claim "removal stops $name" \
    grep -q "deb-systemd-invoke stop '$name.service'" "$scripts/prerm"
  claim "the unit of $name comes with it" \
    cmp "deploy/systemd/$name.service" "$scratch/$name/lib/systemd/system/$name.service"
done

exit "$found"
