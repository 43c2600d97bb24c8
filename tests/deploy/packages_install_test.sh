#!/usr/bin/env bash
# The life of the Debian packages on a bare Debian 12 under its own systemd:
# installed, enabled, upgraded while a ban stands, removed, purged.
#
# Needs root, debootstrap, a mirror of Debian, and cgroups of version 2.
set -euo pipefail
source tests/deploy/machine.sh

packages=(mxban-agent mxban-coordinator mxban-tools)
attacker=203.0.113.9

# Installs the packages, while there is a network and no systemd.
install_packages() {
  local package
  install_debian "$root" ipset iptables logrotate
  mkdir "$root/packages"
  for package in "${packages[@]}"; do
    cp -L "deploy/debian/$package.deb" "$root/packages"
  done
  in_tree "$root" sh -c 'apt-get install -y -qq --no-install-recommends \
    /packages/*.deb' </dev/null >"$root.log" 2>&1 ||
    { cat "$root.log" >&2; fail "the packages can be installed"; }
}

here() { inside machine "$@"; }

end() {
  local code=$?
  trap - EXIT
  if [[ $code -ne 0 && -n ${init_of[machine]:-} ]]; then
    here journalctl --no-pager -n 40 -u 'mxban*' >&2 || true
  fi
  exit "$code"
}

# --- What is claimed ----------------------------------------------------------

is_banned() { here mxbanctl bans | grep -q "^$attacker .* enforced 1/1"; }
stands() { here ipset -q test mxban-sendmail-auth-4 "$attacker"; }
has_agent() {
  here mxbanctl status --json | grep -qE '"current_agent_count":"?1\b'
}
main_process() { here systemctl show -P MainPID "$1"; }

# Makes of a package one of a later version with other defaults.
later() {
  local tree=$scratch/$1 flags
  dpkg-deb -R "$root/packages/$1.deb" "$tree"
  sed -i '/^Version:/s/$/+later/; s/\(mxban-[a-z]* (= [^)]*\))/\1+later)/' \
    "$tree/DEBIAN/control"
  for flags in "$tree"/etc/mxban/*.flags; do
    [[ ! -e $flags ]] || echo "# A later default." >>"$flags"
  done
  dpkg-deb --root-owner-group -b "$tree" "$root/packages/$1-later.deb" >/dev/null
}

# Runs dpkg inside, which says something only when it fails.
dpkg_inside() {
  here dpkg "$@" >"$scratch/dpkg" 2>&1 ||
    { cat "$scratch/dpkg" >&2; fail "dpkg $1 works"; }
}

# Looks without a pause whether the ban stands.
watch_the_ban() {
  while [[ ! -e $scratch/enough ]]; do
    stands || return
  done
  touch "$scratch/stood"
}

check_installed() {
  local unit
  for unit in mxban-agent mxban-coordinator; do
    [[ $(here systemctl is-enabled "$unit") == disabled ]] ||
      fail "what nobody has configured is not enabled"
  done
  here mxban-coordinator --check_config | grep -q '^\[sendmail\]$' ||
    fail "the how-to's jail comes with it"
}

check_bans() {
  install -m 644 /dev/null "$root/var/log/mail.log"
  here systemctl enable --now mxban-coordinator mxban-agent 2>/dev/null ||
    fail "both start as they come"
  eventually has_agent
  echo "$(date '+%b %e %T') mx1 sm-mta[1195]: o0LNaCc5001195: [$attacker]: possible SMTP attack: command=AUTH, count=5" \
    >>"$root/var/log/mail.log"
  eventually is_banned
  stands || fail "the ban is in the kernel"
}

check_upgrade() {
  local package debs=() watcher agent
  echo "--never_ban=192.0.2.0/24" >>"$root/etc/mxban/agent.flags"
  for package in "${packages[@]}"; do
    later "$package"
    debs+=("/packages/$package-later.deb")
  done
  agent=$(main_process mxban-agent)
  watch_the_ban &
  watcher=$!
  dpkg_inside --force-confold -i "${debs[@]}"
  eventually has_agent
  [[ $(main_process mxban-agent) != "$agent" ]] || fail "an upgrade restarts the agent"
  touch "$scratch/enough"
  wait "$watcher" || true
  [[ -e $scratch/stood ]] || fail "the ban stands throughout an upgrade"
  eventually is_banned
  grep -q never_ban "$root/etc/mxban/agent.flags" || fail "the operator's flags are kept"
  [[ -e $root/etc/mxban/agent.flags.dpkg-dist ]] || fail "the new default lies beside"
  grep -q later "$root/etc/mxban/coordinator.flags" ||
    fail "flags that nobody touched become the new default"
  here systemctl -q is-enabled mxban-agent || fail "what was enabled still is"
}

check_death() {
  local agent
  agent=$(main_process mxban-agent)
  here systemctl kill --signal=KILL --kill-whom=main mxban-agent
  eventually restarted "$agent"
  eventually has_agent
  stands || fail "the ban outlives the agent"
}
restarted() { [[ $(main_process mxban-agent) != @(0|"$1") ]]; }

check_rotation() {
  [[ -s $root/var/lib/mxban/audit.jsonl ]] || fail "there is an audit log"
  here logrotate -f /etc/logrotate.d/mxban-coordinator
  [[ -s $root/var/lib/mxban/audit.jsonl.1 ]] || fail "the audit log is turned"
  here mxbanctl ban 203.0.113.10 --jail sendmail >/dev/null
  eventually grep -q 203.0.113.10 "$root/var/lib/mxban/audit.jsonl"
}

check_removal() {
  touch "$root/etc/mxban/pki/mx1.key"
  here systemctl stop mxban-agent
  stands || fail "the ban stands without an agent"
  here systemctl start mxban-agent
  dpkg_inside -r mxban-agent
  [[ $(here systemctl is-active mxban-agent) == inactive ]] || fail "removal stops the agent"
  [[ -z $(here ipset list -n) ]] || fail "removal takes the sets away"
  ! here iptables-legacy -S | grep mxban || fail "removal takes the rules away"
  ! here ip6tables-legacy -S | grep mxban || fail "removal takes the rules away"
  [[ -e $root/etc/mxban/agent.flags && -d $root/var/lib/mxban-agent ]] ||
    fail "removal keeps configuration and state"
}

check_purge() {
  local left
  dpkg_inside -P "${packages[@]}"
  left=$(cd "$root" && find etc var/lib usr lib -name '*mxban*' -o -path 'etc/mxban/*' |
    sort | tr '\n' ' ')
  [[ $left == "etc/mxban etc/mxban/pki etc/mxban/pki/mx1.key " ]] ||
    fail "a purge leaves the operator's keys and nothing else: $left"
}

if [[ ${1:-} != --inside ]]; then run_inside; fi
scratch=$2 cgroup=$3
root=$scratch/root
trap end EXIT
install_packages
start_machine machine "$root"
eventually is_up machine
check_installed
check_bans
check_upgrade
check_death
check_rotation
check_removal
check_purge
