#!/usr/bin/env bash
# The Ansible collection on a coordinator and three relays: from nothing to a banned
# attacker, a second time, and an upgrade under which the ban stands.
#
# Each host is this system with a layer of its own above it, in a network namespace,
# reached by the chroot connection. No systemd runs there: the daemons are started
# from their units' ExecStart. Needs root and the packages of tools/packages-check.
#
#   ansible_test.sh [DIRECTORY]   with *.deb, deploy/debian by default
set -euo pipefail
source tests/deploy/machine.sh

relays=(mx1.example.net mx2.example.net mx3.example.net)
hosts=(ban.example.net "${relays[@]}")
attacker=203.0.113.9

inside() { "$scratch/enter" "$scratch/$1/root" "${@:2}"; }

# --- The hosts ----------------------------------------------------------------

# What a chroot connection runs in place of chroot.
write_enter() {
  cat >"$scratch/enter" <<'END'
#!/bin/sh
host=${1%/root}
exec ip netns exec "${host##*/}" chroot "$@"
END
  chmod 755 "$scratch/enter"
}

# Does what systemd would, from what the units say.
write_unit_command() {
  cat >"$1" <<'END'
#!/usr/bin/env bash
set -euo pipefail
verb=$1 name=$2
setting() { sed -n "s/^$1=//p" "/lib/systemd/system/$name.service"; }
runs() { [[ -e /run/$name.pid ]] && kill -0 "$(</run/$name.pid)" 2>/dev/null; }
user=$(setting User)
if [[ $verb == reload ]]; then kill -HUP "$(</run/$name.pid)"; exit; fi
if [[ $verb == restart ]] && runs; then
  kill "$(</run/$name.pid)"
  for ((tries = 0; tries < 200; tries++)); do runs || break; sleep 0.05; done
fi
! runs || exit 0
if [[ -n $(setting StateDirectory) ]]; then
  install -d -m "$(setting StateDirectoryMode)" -o "${user:-root}" "/var/lib/$(setting StateDirectory)"
fi
if [[ -n $(setting RuntimeDirectory) ]]; then
  install -d -o "$user" -g "$user" "/run/$(setting RuntimeDirectory)"
fi
while read -ra command; do
  [[ ${#command[@]} -eq 0 ]] || "${command[@]}"
done <<<"$(setting ExecStartPre | sed 's/^+//')"
read -ra command <<<"$(setting ExecStart)"
[[ -z $user ]] || command=(setpriv "--reuid=$user" "--regid=$user" --init-groups "${command[@]}")
umask 077
setsid "${command[@]}" </dev/null >>"/var/log/$name.log" 2>&1 &
echo $! >"/run/$name.pid"
echo started
END
  chmod 755 "$1"
}

# Makes a host.
#   $1 its name   $2 its address
create_host() {
  local folder=$scratch/$1 root=$scratch/$1/root
  mkdir -p "$folder"/{upper,work,root}
  mount -t overlay overlay -o "lowerdir=/,upperdir=$folder/upper,workdir=$folder/work" "$root"
  mount -t proc proc "$root/proc"
  mount --rbind /dev "$root/dev"
  mount -t tmpfs tmpfs "$root/run"
  mount -t tmpfs tmpfs "$root/tmp"
  printf '#!/bin/sh\nexit 101\n' >"$root/usr/sbin/policy-rc.d"
  chmod 755 "$root/usr/sbin/policy-rc.d"
  rm -f "$root/var/lib/man-db/auto-update"
  printf '%s\n' '127.0.0.1 localhost' '192.0.2.1 ban.example.net' >"$root/etc/hosts"
  # Names that are not in there are refused at once.
  rm -f "$root/etc/resolv.conf"
  echo 'nameserver 127.0.0.1' >"$root/etc/resolv.conf"
  write_unit_command "$root/usr/local/sbin/unit"
  install -m 640 -g adm /dev/null "$root/var/log/mail.log"
  ip netns add "$1"
  ip -n "$1" link set lo up
  ip link add "${1%%.*}" type veth peer name eth0 netns "$1"
  ip link set "${1%%.*}" master br0 up
  ip -n "$1" link set eth0 up
  ip -n "$1" address add "$2/24" dev eth0
  ip -n "$1" route add default via 192.0.2.66
}

create_hosts() {
  mount -t tmpfs tmpfs /run
  mount -t tmpfs tmpfs "$scratch"
  write_enter
  ip link set lo up
  ip link add br0 up type bridge mcast_snooping 0
  ip address add 192.0.2.66/24 dev br0
  ip address add "$attacker/32" dev br0
  create_host ban.example.net 192.0.2.1
  local i
  for i in 1 2 3; do
    create_host "mx$i.example.net" "192.0.2.1$i"
    inside "mx$i.example.net" python3 -c "import socket
listener = socket.create_server(('', 587))
while True: listener.accept()" &
    eventually may_connect "192.0.2.1$i"
  done
}

# The inventory that comes with the collection, and how its hosts are reached here.
write_inventory() {
  mkdir -p "$scratch/lab/packages"
  inventory=(-i "$scratch/lab/hosts.yml" -i "$scratch/lab/lab.yml")
  cp -L "$collection/inventory/hosts.yml" "$scratch/lab"
  {
    echo "all:"
    echo "  vars:"
    echo "    ansible_connection: community.general.chroot"
    echo "    ansible_chroot_exe: $scratch/enter"
    echo "    ansible_python_interpreter: /usr/bin/python3"
    echo "    mxban_service_command: /usr/local/sbin/unit"
    echo "  hosts:"
    local host
    for host in "${hosts[@]}"; do
      echo "    $host: {ansible_host: $scratch/$host/root}"
    done
  } >"$scratch/lab/lab.yml"
  local package
  for package in agent coordinator tools; do
    cp -L "$packages"/mxban-"$package"*.deb "$scratch/lab/packages/mxban-${package}_0_all.deb"
  done
}

# --- Ansible ------------------------------------------------------------------

install_collection() {
  cp -rL "$collection" "$scratch/source"
  export HOME=$scratch ANSIBLE_COLLECTIONS_PATH=$scratch/collections
  export ANSIBLE_NOCOLOR=1 ANSIBLE_RETRY_FILES_ENABLED=0 ANSIBLE_PIPELINING=1
  ansible-galaxy collection build "$scratch/source" --output-path "$scratch" >/dev/null
  ansible-galaxy collection install "$scratch"/mxban-fleet-*.tar.gz -p "$scratch/collections" \
    >/dev/null
}

# Runs a playbook of the collection; what it says is in $scratch/said.
play() {
  ansible-playbook "${inventory[@]}" "mxban.fleet.$1" "${@:2}" >"$scratch/said" 2>&1 ||
    { cat "$scratch/said" >&2; fail "$* works"; }
}

changes_nothing() {
  [[ $(grep -c ' changed=0 ' "$scratch/said") -eq ${#hosts[@]} ]] ||
    { cat "$scratch/said" >&2; fail "$1 changes nothing"; }
}

# --- What is claimed ----------------------------------------------------------

may_connect() {
  python3 -c "import socket, sys
socket.create_connection((sys.argv[1], 587), 2, source_address=('$attacker', 0))" "$1" 2>/dev/null
}
stands_on() { inside "$1" ipset -q test mxban-sendmail-auth-4 "$attacker"; }
is_current() { inside ban.example.net mxbanctl status --json | grep -qE '"current_agent_count":"?3\b'; }
is_banned() { inside ban.example.net mxbanctl bans | grep -q "^$attacker .* enforced 3/3"; }
pids() { cat "$scratch"/*/root/run/mxban-*.pid; }

check_trial_on_bare_hosts() {
  play site --check
  local host
  for host in "${hosts[@]}"; do
    [[ ! -e $scratch/$host/root/etc/mxban ]] || fail "a trial run leaves $host alone"
  done
  [[ ! -e $scratch/lab/pki ]] || fail "a trial run makes no certificates"
}

check_installation() {
  play site
  eventually is_current
  local relay
  for relay in "${relays[@]}"; do
    [[ $(cd "$scratch/$relay/root/etc/mxban/pki" && echo *.key) == "$relay.key" ]] ||
      fail "$relay has its own key and no other"
    [[ $(inside "$relay" stat -c '%U %a' "/etc/mxban/pki/$relay.key") == "mxban-agent 600" ]] ||
      fail "the key of $relay is its agent's alone"
  done
}

check_repetition() {
  local before
  before=$(pids)
  play site
  changes_nothing "a second run"
  play site --check
  changes_nothing "a trial run on installed hosts"
  [[ $(pids) == "$before" ]] || fail "a second run restarts nothing"
}

check_ban() {
  echo "$(date '+%b %e %T') mx1 sm-mta[1195]: o0LNaCc5001195: [$attacker]: possible SMTP attack: command=AUTH, count=5" \
    >>"$scratch/mx1.example.net/root/var/log/mail.log"
  eventually is_banned
  local i
  for i in 1 2 3; do
    stands_on "mx$i.example.net" || fail "the ban is in the kernel of mx$i"
    ! may_connect "192.0.2.1$i" || fail "mx$i refuses the attacker"
  done
}

# The jails are read again by a running coordinator.
check_reload() {
  local before
  before=$(pids)
  mkdir -p "$scratch/lab/jails/jail.d"
  printf '[sendmail-flood]\nenabled = true\n' >"$scratch/lab/jails/jail.d/flood.local"
  play site --limit mxban_coordinator -e "mxban_coordinator_jails=$scratch/lab/jails"
  eventually has_flood_jail
  [[ $(pids) == "$before" ]] || fail "new jails restart nothing"
  printf '[sendmail-flood]\nenabled = true\nmaxretyr = 3\n' >"$scratch/lab/jails/jail.d/flood.local"
  ! ansible-playbook "${inventory[@]}" mxban.fleet.site --limit mxban_coordinator \
    -e "mxban_coordinator_jails=$scratch/lab/jails" >"$scratch/said" 2>&1 ||
    fail "a mistake in the jails is told"
  grep -q maxretyr "$scratch/said" || fail "the mistake is named"
  has_flood_jail || fail "the jails before the mistake hold"
  rm "$scratch/ban.example.net/root/etc/mxban/jail.d/flood.local"
}
has_flood_jail() { inside ban.example.net mxbanctl jails | grep -q '^sendmail-flood '; }

# Makes of a package one of a later version.
later() {
  local file=$scratch/lab/packages/$1_0_all.deb
  dpkg-deb -R "$file" "$scratch/$1"
  sed -i '/^Version:/s/$/+later/; s/\(mxban-[a-z]* (= [^)]*\))/\1+later)/' "$scratch/$1/DEBIAN/control"
  dpkg-deb -Znone --root-owner-group -b "$scratch/$1" "$file" >/dev/null
}

# Looks without a pause whether the ban stands on all relays.
watch_the_ban() {
  local relay
  while [[ ! -e $scratch/enough ]]; do
    for relay in "${relays[@]}"; do stands_on "$relay" || return; done
  done
  echo stood >"$scratch/watched"
}

check_upgrade() {
  local before package
  before=$(pids)
  for package in mxban-agent mxban-coordinator mxban-tools; do later "$package"; done
  watch_the_ban &
  local watcher=$!
  play upgrade
  touch "$scratch/enough"
  wait "$watcher" || true
  [[ -e $scratch/watched ]] || fail "the ban stands throughout an upgrade"
  is_banned || fail "the fleet knows that it stands"
  [[ $(sort <(pids) <(echo "$before") | uniq -d | wc -l) -eq 0 ]] ||
    fail "an upgrade restarts all"
  local host
  for host in "${relays[@]}"; do
    [[ $(inside "$host" dpkg-query -W -f '${Version}' mxban-agent) == *+later ]] ||
      fail "$host has the later version"
  done
  play upgrade
  changes_nothing "a second upgrade"
}

# A relay that does not come back ends the upgrade before the next one is touched.
check_failing_upgrade() {
  local before
  before=$(<"$scratch/mx2.example.net/root/run/mxban-agent.pid")
  inside mx1.example.net ip link set eth0 down
  ! ansible-playbook "${inventory[@]}" mxban.fleet.upgrade -e mxban_upgrade_tries=2 \
    -e '{"mxban_agent_flags": ["--log_level=debug"]}' >"$scratch/said" 2>&1 ||
    fail "an upgrade notices a relay that is cut off"
  [[ $(<"$scratch/mx2.example.net/root/run/mxban-agent.pid") == "$before" ]] ||
    fail "the relays after one that is cut off are left alone"
}

end() {
  local code=$?
  trap - EXIT
  if [[ $code -ne 0 ]]; then
    tail -n 20 "$scratch/said" "$scratch"/*/root/var/log/mxban-*.log >&2 || true
  fi
  exit "$code"
}

# Runs in namespaces of its own: hosts, mounts and daemons are gone with it.
in_namespaces() {
  trap end EXIT
  create_hosts
  write_inventory
  install_collection
  local check
  for check in check_trial_on_bare_hosts check_installation check_ban check_repetition \
    check_reload check_upgrade check_failing_upgrade; do
    "$check"
    echo "$SECONDS s: $check"
  done
  echo "All is so."
}

if [[ ${1:-} == --in-namespaces ]]; then
  scratch=$2 packages=$3 collection=deploy/ansible
  in_namespaces
else
  scratch=$(mktemp -d)
  trap 'rm -rf --one-file-system "$scratch"' EXIT
  unshare --net --mount --pid --fork --kill-child --mount-proc \
    "$0" --in-namespaces "$scratch" "${1:-deploy/debian}"
fi
