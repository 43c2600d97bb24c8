# Sourced by tests that boot machines: Debian 12 under its own systemd, each in
# namespaces and a cgroup of its own. Also what every test waits and fails with.
#
# Needs root, debootstrap, a mirror of Debian, and cgroups of version 2.
export PATH=/usr/sbin:/usr/bin:/sbin:/bin LC_ALL=C.UTF-8 DEBIAN_FRONTEND=noninteractive

machine_library=$(realpath "${BASH_SOURCE[0]}")
# Of each machine that runs, the pid of its systemd.
declare -A init_of

fail() {
  echo "NOT SO: $1" >&2
  exit 1
}

# Waits until a command succeeds, a minute at most.
eventually() {
  local end=$((SECONDS + 60))
  while ((SECONDS < end)); do
    "$@" >/dev/null 2>&1 && return
    sleep 0.05
  done
  fail "eventually $*"
}

# Runs the rest of a test, `$0 --inside SCRATCH CGROUP ARGUMENT...`, in namespaces
# that end with it, and with them every machine; then tidies up.
#   $1... the arguments
run_inside() {
  local code=0 tries
  scratch=$(mktemp -d)
  cgroup=$(findmnt -nt cgroup2 -o TARGET | head -n 1)/mxban-$$
  mkdir "$cgroup"
  unshare --mount --pid --fork --kill-child --mount-proc \
    "$0" --inside "$scratch" "$cgroup" "$@" || code=$?
  for ((tries = 0; tries < 100; tries++)); do
    rmdir_tree "$cgroup" 2>/dev/null && break
    sleep 0.05
  done
  rm -rf --one-file-system "$scratch"
  exit "$code"
}

# Runs a command in a Debian that is not booted; of the processes around it sees none.
#   $1 where it is   $2... the command
in_tree() {
  unshare --mount --pid --fork --kill-child --root="$1" --mount-proc "${@:2}"
}

# Installs a bare Debian with systemd, whose services are not started yet.
#   $1 where   $2... what else to install
install_debian() {
  local root=$1
  debootstrap --variant=minbase bookworm "$root" >"$root.log" ||
    { cat "$root.log" >&2; fail "Debian can be installed"; }
  printf '#!/bin/sh\nexit 101\n' >"$root/usr/sbin/policy-rc.d"
  chmod 755 "$root/usr/sbin/policy-rc.d"
  cp /etc/resolv.conf "$root/etc"
  in_tree "$root" apt-get update -qq
  in_tree "$root" apt-get install -y -qq --no-install-recommends \
    systemd "${@:2}" </dev/null >"$root.log" 2>&1 ||
    { cat "$root.log" >&2; fail "packages of Debian can be installed"; }
  rm "$root/usr/sbin/policy-rc.d"
}

# Becomes the first process of a machine. Its root is no chroot, in which
# PrivateUsers= would not work.
#   $1 where its Debian is   $2... that process
boot() {
  local device
  mount --make-rprivate /
  mount --rbind "$1" "$1"
  cd "$1"
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
  ln -s /proc/self/fd dev/fd
  ip link set lo up
  pivot_root . old
  umount -l /old
  exec env -i container=test "${@:2}"
}

# Starts a machine.
#   $1 its name   $2 where its Debian is   $3... what runs there, systemd by default
start_machine() {
  local outer init=("${@:3}")
  [[ ${#init[@]} -gt 0 ]] || init=(/lib/systemd/systemd)
  mkdir "$cgroup/$1"
  (
    echo "$BASHPID" >"$cgroup/$1/cgroup.procs"
    exec unshare --mount --net --pid --ipc --uts --cgroup --fork --kill-child \
      bash -euc 'source "$1"; boot "${@:2}"' boot "$machine_library" "$2" \
      "${init[@]}"
  ) </dev/null >"$2.console" 2>&1 &
  outer=$!
  eventually pgrep -P "$outer"
  init_of[$1]=$(pgrep -P "$outer")
}

# Ends a machine at once, as a loss of power does.
#   $1 its name
stop_machine() {
  kill -KILL "${init_of[$1]}"
  unset "init_of[$1]"
  eventually rmdir_tree "$cgroup/$1"
}
rmdir_tree() { find "$1" -depth -type d -exec rmdir {} +; }

# Whether a machine is up.
is_up() { inside "$1" systemctl is-active multi-user.target; }

# Runs a command in a machine.
#   $1 the machine   $2... the command
inside() {
  nsenter -t "${init_of[$1]}" --mount --net --pid --ipc --uts --cgroup "${@:2}"
}
