#!/usr/bin/env bash
# The life of the Debian packages on a bare Debian 12: installed, upgraded while
# bans stand, removed, purged. No systemd runs there: this test does what it would
# do, from what the units say.
#
# Needs root, debootstrap and a mirror of Debian.
set -euo pipefail
export PATH=/usr/sbin:/usr/bin:/sbin:/bin LC_ALL=C.UTF-8 DEBIAN_FRONTEND=noninteractive

packages=(mxban-agent mxban-coordinator mxban-tools)
attacker=203.0.113.9

fail() {
  echo "NOT SO: $1" >&2
  exit 1
}

# Waits until a command succeeds.
eventually() {
  local tries
  for ((tries = 0; tries < 400; tries++)); do
    "$@" >/dev/null 2>&1 && return
    sleep 0.05
  done
  fail "eventually $*"
}

inside() { chroot "$root" "$@"; }

# --- Without the network namespace: what comes from the mirror ----------------

install_all() {
  debootstrap --variant=minbase bookworm "$root" >"$scratch/debootstrap.log" ||
    { cat "$scratch/debootstrap.log" >&2; fail "debootstrap works"; }
  printf '#!/bin/sh\nexit 101\n' >"$root/usr/sbin/policy-rc.d"
  chmod 755 "$root/usr/sbin/policy-rc.d"
  cp /etc/resolv.conf "$root/etc"
  local package debs=()
  for package in "${packages[@]}"; do
    cp -L "deploy/debian/$package.deb" "$root/root"
    debs+=("/root/$package.deb")
  done
  inside apt-get update -qq
  inside apt-get install -y -qq --no-install-recommends \
    ipset iptables logrotate "${debs[@]}" </dev/null
}

# --- What systemd does --------------------------------------------------------

setting() { sed -n "s/^$2=//p" "$root/lib/systemd/system/$1.service"; }

start_coordinator() {
  inside install -d -o mxban -g mxban -m "$(setting mxban-coordinator StateDirectoryMode)" \
    "/var/lib/$(setting mxban-coordinator StateDirectory)"
  inside install -d -o mxban -g mxban -m "$(setting mxban-coordinator RuntimeDirectoryMode)" \
    "/run/$(setting mxban-coordinator RuntimeDirectory)"
  local command
  read -ra command <<<"$(setting mxban-coordinator ExecStart)"
  (umask 077; exec chroot --userspec="$(setting mxban-coordinator User)" "$root" \
    "${command[@]}") >>"$scratch/coordinator.log" 2>&1 &
  coordinator=$!
  eventually inside mxbanctl status
}

start_agent() {
  inside install -d -m "$(setting mxban-agent StateDirectoryMode)" \
    "/var/lib/$(setting mxban-agent StateDirectory)"
  inside touch /run/xtables.lock
  local command
  read -ra command <<<"$(setting mxban-agent ExecStart)"
  (umask 077; exec chroot "$root" "${command[@]}") >>"$scratch/agent.log" 2>&1 &
  agent=$!
}

stop() {
  kill "$1"
  wait "$1" || true
}

# --- What is claimed ----------------------------------------------------------

is_banned() { inside mxbanctl bans | grep -q "^$attacker .* enforced 1/1"; }
stands() { inside ipset -q test mxban-sendmail-auth-4 "$attacker"; }
is_current() { inside mxbanctl status --json | grep -qE '"current_agent_count":"?1\b'; }

# Makes of a package one of a later version with other defaults.
later() {
  local tree=$scratch/$1
  dpkg-deb -R "$root/root/$1.deb" "$tree"
  sed -i '/^Version:/s/$/+later/; s/\(mxban-[a-z]* (= [^)]*\))/\1+later)/' \
    "$tree/DEBIAN/control"
  for flags in "$tree"/etc/mxban/*.flags; do
    [[ ! -e $flags ]] || echo "# A later default." >>"$flags"
  done
  dpkg-deb --root-owner-group -b "$tree" "$root/root/$1-later.deb" >/dev/null
}

# Looks without a pause whether the ban stands.
watch_the_ban() {
  while [[ ! -e $scratch/enough ]]; do
    stands || return
  done
  echo stood >"$scratch/watched"
}

check_installed() {
  [[ ! -e $root/etc/systemd/system/multi-user.target.wants/mxban-agent.service ]] ||
    fail "an agent that nobody has configured is not enabled"
  inside getent passwd mxban mxban-agent >/dev/null || fail "the users are there"
  inside mxban-coordinator --check_config | grep -q '^\[sendmail\]$' ||
    fail "the how-to's jail comes with it"
  inside systemctl enable mxban-agent mxban-coordinator 2>/dev/null
}

check_bans() {
  install -d "$root/var/log"
  : >"$root/var/log/mail.log"
  chown 0:"$(inside getent group adm | cut -d: -f3)" "$root/var/log/mail.log"
  chmod 640 "$root/var/log/mail.log"
  start_coordinator
  start_agent
  eventually is_current
  echo "$(date '+%b %e %T') mx1 sm-mta[1195]: o0LNaCc5001195: [$attacker]: possible SMTP attack: command=AUTH, count=5" \
    >>"$root/var/log/mail.log"
  eventually is_banned
  stands || fail "the ban is in the kernel"
}

check_upgrade() {
  echo "--never_ban=192.0.2.0/24" >>"$root/etc/mxban/agent.flags"
  local package debs=()
  for package in "${packages[@]}"; do
    later "$package"
    debs+=("/root/$package-later.deb")
  done
  watch_the_ban &
  local watcher=$!
  inside dpkg --force-confold -i "${debs[@]}" >"$scratch/dpkg.log" 2>&1 ||
    { cat "$scratch/dpkg.log" >&2; fail "the upgrade works"; }
  stop "$agent"
  start_agent
  eventually is_current
  touch "$scratch/enough"
  wait "$watcher" || true
  [[ -e $scratch/watched ]] || fail "the ban stands throughout an upgrade"
  is_banned || fail "the fleet knows that it stands"
  grep -q never_ban "$root/etc/mxban/agent.flags" || fail "the operator's flags are kept"
  [[ -e $root/etc/mxban/agent.flags.dpkg-dist ]] || fail "the new default lies beside"
  grep -q later "$root/etc/mxban/coordinator.flags" ||
    fail "flags that nobody touched become the new default"
  [[ -L $root/etc/systemd/system/multi-user.target.wants/mxban-agent.service ]] ||
    fail "what was enabled still is"
}

check_rotation() {
  [[ -s $root/var/lib/mxban/audit.jsonl ]] || fail "there is an audit log"
  inside logrotate -f /etc/logrotate.d/mxban-coordinator
  [[ -s $root/var/lib/mxban/audit.jsonl.1 ]] || fail "the audit log is turned"
  inside mxbanctl ban 203.0.113.10 --jail sendmail >/dev/null
  eventually grep -q 203.0.113.10 "$root/var/lib/mxban/audit.jsonl"
}

check_removal() {
  : >"$root/etc/mxban/pki/mx1.key"
  stop "$agent"
  stands || fail "the ban stands without an agent"
  inside dpkg -r mxban-agent >"$scratch/dpkg.log" 2>&1
  [[ -z $(inside ipset list -n) ]] || fail "removal takes the sets away"
  ! inside iptables-legacy -S | grep mxban || fail "removal takes the rules away"
  ! inside ip6tables-legacy -S | grep mxban || fail "removal takes the rules away"
  [[ -e $root/etc/mxban/agent.flags && -d $root/var/lib/mxban-agent ]] ||
    fail "removal keeps configuration and state"
  stop "$coordinator"
}

check_purge() {
  inside dpkg -P mxban-agent mxban-coordinator mxban-tools >"$scratch/dpkg.log" 2>&1 ||
    { cat "$scratch/dpkg.log" >&2; fail "purging works"; }
  local left
  left=$(cd "$root" && find etc var/lib usr lib -name '*mxban*' -o -path 'etc/mxban/*' |
    sort | tr '\n' ' ')
  [[ $left == "etc/mxban etc/mxban/pki etc/mxban/pki/mx1.key " ]] ||
    fail "a purge leaves the operator's keys and nothing else: $left"
}

end() {
  local code=$? pid
  trap - EXIT
  for pid in "${agent:-}" "${coordinator:-}"; do
    [[ -z $pid ]] || kill "$pid" 2>/dev/null || true
  done
  if [[ $code -ne 0 ]]; then tail -n 20 "$scratch"/*.log >&2 || true; fi
  exit "$code"
}

# Runs in namespaces of its own: mounts and firewall are gone with it.
in_namespaces() {
  trap end EXIT
  mount -t proc proc "$root/proc"
  mount --rbind /dev "$root/dev"
  ip link set lo up
  check_installed
  check_bans
  check_upgrade
  check_rotation
  check_removal
  check_purge
  echo "All is so."
}

if [[ ${1:-} == --in-namespaces ]]; then
  scratch=$2 root=$2/root
  in_namespaces
else
  scratch=$(mktemp -d)
  root=$scratch/root
  trap 'rm -rf --one-file-system "$scratch"' EXIT
  install_all
  unshare --net --mount --pid --fork --kill-child "$0" --in-namespaces "$scratch"
fi
