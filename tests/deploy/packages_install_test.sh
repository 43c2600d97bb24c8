#!/usr/bin/env bash
# The life of the Debian packages on a bare Debian 12 under its own systemd:
# installed, enabled, upgraded while a ban stands, removed, purged.
#
# Needs root, debootstrap, a mirror of Debian, and cgroups of version 2.
set -euo pipefail
export PATH=/usr/sbin:/usr/bin:/sbin:/bin LC_ALL=C.UTF-8 DEBIAN_FRONTEND=noninteractive

packages=(mxban-agent mxban-coordinator mxban-tools)
attacker=203.0.113.9

fail() {
  echo "NOT SO: $1" >&2
  inside journalctl --no-pager -n 40 -u 'mxban*' >&2 || true
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

# --- A machine ----------------------------------------------------------------

# Installs Debian and the packages, while there is a network and no systemd.
install_all() {
  local package debs=()
  debootstrap --variant=minbase bookworm "$root" >"$scratch/debootstrap" ||
    { cat "$scratch/debootstrap" >&2; exit 1; }
  printf '#!/bin/sh\nexit 101\n' >"$root/usr/sbin/policy-rc.d"
  chmod 755 "$root/usr/sbin/policy-rc.d"
  cp /etc/resolv.conf "$root/etc"
  for package in "${packages[@]}"; do
    cp -L "deploy/debian/$package.deb" "$root/root"
    debs+=("/root/$package.deb")
  done
  chroot "$root" apt-get update -qq
  chroot "$root" apt-get install -y -qq --no-install-recommends \
    systemd ipset iptables logrotate "${debs[@]}" </dev/null
  rm "$root/usr/sbin/policy-rc.d"
}

# Becomes systemd, the first process of the machine. Its root is no chroot, in
# which PrivateUsers= would not work.
boot() {
  local device
  mount --make-rprivate /
  mount --bind "$root" "$root"
  cd "$root"
  mount -t proc proc proc
  mount -t sysfs sysfs sys
  mount -t cgroup2 cgroup2 sys/fs/cgroup
  mount -t tmpfs tmpfs run
  mount -t tmpfs tmpfs dev
  for device in null zero full random urandom tty; do
    touch "dev/$device"
    mount --bind "/dev/$device" "dev/$device"
  done
  mkdir dev/pts dev/shm old
  mount -t devpts devpts dev/pts
  ln -s pts/ptmx dev/ptmx
  ip link set lo up
  pivot_root . old
  umount -l /old
  exec env -i container=test /lib/systemd/systemd
}

# Starts the machine in namespaces and a cgroup of its own.
start_machine() {
  cgroup=$(findmnt -nt cgroup2 -o TARGET | head -n 1)/mxban-packages-$$
  mkdir "$cgroup"
  (
    echo "$BASHPID" >"$cgroup/cgroup.procs"
    exec unshare --mount --net --pid --ipc --uts --cgroup --fork --kill-child \
      "$0" --boot "$scratch"
  ) </dev/null >"$scratch/console" 2>&1 &
  machine=$!
  eventually pgrep -P "$machine"
  init=$(pgrep -P "$machine")
  eventually inside systemctl is-active multi-user.target
}

inside() {
  nsenter -t "$init" --mount --net --pid --ipc --uts --cgroup "$@"
}

end() {
  local code=$?
  trap - EXIT
  if [[ -n ${machine:-} ]]; then
    kill -KILL "$machine" 2>/dev/null || true
    wait "$machine" 2>/dev/null || true
    for ((tries = 0; tries < 100; tries++)); do
      find "$cgroup" -depth -type d -exec rmdir {} + 2>/dev/null && break
      sleep 0.05
    done
  fi
  rm -rf --one-file-system "$scratch"
  exit "$code"
}

# --- What is claimed ----------------------------------------------------------

is_banned() { inside mxbanctl bans | grep -q "^$attacker .* enforced 1/1"; }
stands() { inside ipset -q test mxban-sendmail-auth-4 "$attacker"; }
has_agent() {
  inside mxbanctl status --json | grep -qE '"current_agent_count":"?1\b'
}
main_process() { inside systemctl show -P MainPID "$1"; }

# Makes of a package one of a later version with other defaults.
later() {
  local tree=$scratch/$1 flags
  dpkg-deb -R "$root/root/$1.deb" "$tree"
  sed -i '/^Version:/s/$/+later/; s/\(mxban-[a-z]* (= [^)]*\))/\1+later)/' \
    "$tree/DEBIAN/control"
  for flags in "$tree"/etc/mxban/*.flags; do
    [[ ! -e $flags ]] || echo "# A later default." >>"$flags"
  done
  dpkg-deb --root-owner-group -b "$tree" "$root/root/$1-later.deb" >/dev/null
}

# Runs dpkg inside, which says something only when it fails.
dpkg_inside() {
  inside dpkg "$@" >"$scratch/dpkg" 2>&1 ||
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
    [[ $(inside systemctl is-enabled "$unit") == disabled ]] ||
      fail "what nobody has configured is not enabled"
  done
  inside mxban-coordinator --check_config | grep -q '^\[sendmail\]$' ||
    fail "the how-to's jail comes with it"
}

check_bans() {
  install -m 644 /dev/null "$root/var/log/mail.log"
  inside systemctl enable --now mxban-coordinator mxban-agent 2>/dev/null ||
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
    debs+=("/root/$package-later.deb")
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
  inside systemctl -q is-enabled mxban-agent || fail "what was enabled still is"
}

check_death() {
  local agent
  agent=$(main_process mxban-agent)
  inside systemctl kill --signal=KILL --kill-whom=main mxban-agent
  eventually restarted "$agent"
  eventually has_agent
  stands || fail "the ban outlives the agent"
}
restarted() { [[ $(main_process mxban-agent) != @(0|"$1") ]]; }

check_rotation() {
  [[ -s $root/var/lib/mxban/audit.jsonl ]] || fail "there is an audit log"
  inside logrotate -f /etc/logrotate.d/mxban-coordinator
  [[ -s $root/var/lib/mxban/audit.jsonl.1 ]] || fail "the audit log is turned"
  inside mxbanctl ban 203.0.113.10 --jail sendmail >/dev/null
  eventually grep -q 203.0.113.10 "$root/var/lib/mxban/audit.jsonl"
}

check_removal() {
  touch "$root/etc/mxban/pki/mx1.key"
  inside systemctl stop mxban-agent
  stands || fail "the ban stands without an agent"
  inside systemctl start mxban-agent
  dpkg_inside -r mxban-agent
  [[ $(inside systemctl is-active mxban-agent) == inactive ]] || fail "removal stops the agent"
  [[ -z $(inside ipset list -n) ]] || fail "removal takes the sets away"
  ! inside iptables-legacy -S | grep mxban || fail "removal takes the rules away"
  ! inside ip6tables-legacy -S | grep mxban || fail "removal takes the rules away"
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

if [[ ${1:-} == --boot ]]; then
  root=$2/root
  boot
fi
scratch=$(mktemp -d)
root=$scratch/root
trap end EXIT
install_all
start_machine
check_installed
check_bans
check_upgrade
check_death
check_rotation
check_removal
check_purge
