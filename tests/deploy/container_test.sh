#!/usr/bin/env bash
# The files of the images, run as the manifests run them: root file systems that
# are read-only, users, capabilities and arguments as written there, volumes laid
# out as a kubelet does. An attacker's line becomes a ban in a kernel.
#
# It takes what follows the image's `FROM scratch` for granted: that copying
# files into an image copies them.
#
#   container_test.sh AGENT COORDINATOR MXBANCTL MXBAN_REGEX
set -euo pipefail

if [[ ${IN_NAMESPACES:-} != yes ]]; then
  IN_NAMESPACES=yes exec unshare --net --mount --pid --fork --mount-proc \
    --kill-child "$0" "$@"
fi

export PATH=$PATH:/usr/sbin:/sbin
agent=$1 coordinator=$2 mxbanctl=$3 mxban_regex=$4
work=$(mktemp -d "${TEST_TMPDIR:-/tmp}/container.XXXXXX")
trap 'umount --lazy "$work"; rmdir "$work"' EXIT
mount -t tmpfs -o mode=755 none "$work"
ip link set lo up
kube=deploy/kubernetes

fail() {
  echo "FAILED: $1" >&2
  cat "$work"/*.log >&2
  mxbanctl status >&2 || true
  mxbanctl bans >&2 || true
  exit 1
}

# Waits at most 20 seconds for a command to succeed.
#   $1 what for   $2... the command
await() {
  local what=$1 deadline=$((SECONDS + 20))
  shift
  until "$@"; do
    [[ $SECONDS -lt $deadline ]] || fail "never: $what"
    sleep 0.1
  done
}

# The arguments that a manifest gives its container.
arguments() {
  # shellcheck disable=SC2016  # Kubernetes' variable, not ours.
  sed -n 's/^ *- \(--[^ ]*\)$/\1/p' "$1" | sed 's/\$(SERVER_NAME)/node-1/'
}

# What a container runtime adds to an image, and closes.
#   $1 the root   $2... directories that volumes are mounted on
make_root() {
  local root=$1
  shift
  mkdir -p "$root"/{proc,dev,etc}
  echo '127.0.0.1 localhost mxban-coordinator.mxban.svc' >"$root/etc/hosts"
  local volume
  for volume; do mkdir -p "$root$volume"; done
  mount --bind "$root" "$root"
  mount -o remount,ro,bind "$root"
  mount --rbind /proc "$root/proc"
  mount --rbind /dev "$root/dev"
  for volume; do mount -t tmpfs -o mode=755 none "$root$volume"; done
}

http_status() {
  local line
  exec 3<>"/dev/tcp/127.0.0.1/$1" || return 1
  printf 'GET %s HTTP/1.0\r\n\r\n' "$2" >&3
  read -r _ line _ <&3 || return 1
  exec 3>&-
  echo "$line"
}

has_status() { [[ $(http_status "$1" "$2" 2>/dev/null) == "$3" ]]; }

mxbanctl() { chroot --userspec=7460:7460 "$work/c" /usr/bin/mxbanctl "$@"; }

deploy/container/collect-files "$work/a" "$agent"
deploy/container/collect-files "$work/c" \
  "$coordinator" "$mxbanctl" "$mxban_regex"
mkdir -p "$work/c/etc/mxban"
cp -rL deploy/config/jail.local deploy/config/filter.d "$work/c/etc/mxban/"
[[ ! -e $work/a/bin && ! -e $work/a/usr/bin/sh ]] || fail "there is a shell"

deploy/certificates/make-certificates "$work/pki" coordinator \
  mxban-coordinator.mxban.svc >"$work/pki.log" 2>&1
deploy/certificates/make-certificates "$work/pki" agent node-1 \
  >>"$work/pki.log" 2>&1

# The coordinator's volumes: a ConfigMap has its files behind two links.
make_root "$work/c" /var/lib/mxban /run/mxban /etc/mxban/jail.d /etc/mxban-tls
chown 7460:7460 "$work/c/var/lib/mxban" "$work/c/run/mxban"
mkdir "$work/c/etc/mxban/jail.d/..1"
cp -L "$kube/base/site.local" "$work/c/etc/mxban/jail.d/..1/"
ln -s ..1 "$work/c/etc/mxban/jail.d/..data"
ln -s ..data/site.local "$work/c/etc/mxban/jail.d/site.local"
install -m 440 -g 7460 "$work/pki/mxban-coordinator.mxban.svc.pem" \
  "$work/c/etc/mxban-tls/tls.crt"
install -m 440 -g 7460 "$work/pki/mxban-coordinator.mxban.svc.key" \
  "$work/c/etc/mxban-tls/tls.key"
install -m 440 -g 7460 "$work/pki/ca.pem" "$work/c/etc/mxban-tls/ca.crt"

# The agent's: the node's log, lock, state and certificate.
make_root "$work/a" /var/log /run /var/lib/mxban-agent /etc/mxban-tls
touch "$work/a/run/xtables.lock"
install -m 640 -g 4 /dev/null "$work/a/var/log/mail.log"
install -m 444 "$work/pki/node-1.pem" "$work/a/etc/mxban-tls/tls.crt"
install -m 400 -o 7463 "$work/pki/node-1.key" "$work/a/etc/mxban-tls/tls.key"
install -m 444 "$work/pki/ca.pem" "$work/a/etc/mxban-tls/ca.crt"
touch "$work/a/etc/written" 2>/dev/null && fail "a root can be written to"

# Every capability but those that the manifest adds is dropped.
added=$(sed -n 's/^ *add: \[\(.*\)\]$/\1/p' "$kube/overlays/nodes/agent.yaml")
[[ -n $added ]] || fail "the manifest adds no capability"
dropped=$(capsh --print | sed -n 's/^Bounding set =//p' | tr , '\n' |
  grep -vxE "cap_(${added//, /|})" -i | paste -sd ,)

mapfile -t agent_arguments < <(arguments "$kube/overlays/nodes/agent.yaml")
mapfile -t coordinator_arguments < <(arguments "$kube/base/coordinator.yaml")

start_agent() {
  capsh --chroot="$work/a" --drop="$dropped" --no-new-privs \
    --shell=/usr/bin/mxban-agent -- "${agent_arguments[@]}" \
    >>"$work/agent.log" 2>&1 &
  agent_pid=$!
}

start_agent
await "the agent lives" has_status 7463 /healthz 200
has_status 7463 /readyz 503 || fail "ready, though nothing is enforced"

setpriv --no-new-privs chroot --userspec=7460:7460 --groups=7460 "$work/c" \
  /usr/bin/mxban-coordinator "${coordinator_arguments[@]}" \
  >"$work/coordinator.log" 2>&1 &
coordinator_pid=$!
await "the coordinator lives" has_status 7462 /healthz 200
await "the coordinator is ready" mxbanctl status >"$work/status.log" 2>&1
await "the agent enforces" has_status 7463 /readyz 200

# Name, user and effective capabilities of both halves.
rights() {
  awk '/^Name:/ { name = $2 } /^Uid:/ { user = $3 }
       /^CapEff:/ { print name, user, $2 }' /proc/[0-9]*/status |
    grep '^mxban-' | sort | paste -sd ';'
}
[[ $(rights) == *"mxban-agent 7463 0000000000000000;"* ]] || fail "$(rights)"
[[ $(rights) == *"mxban-enforcer 0 0000000000003000"* ]] || fail "$(rights)"

echo "$(LC_ALL=C date -u '+%b %e %T') mx1 sm-mta[2497]: o0LNaCc5001195:" \
  "[192.0.2.10]: possible SMTP attack: command=AUTH, count=5" \
  >>"$work/a/var/log/mail.log"
is_enforced() { mxbanctl bans 2>&1 | grep -q '192\.0\.2\.10.*1/1'; }
await "the ban is enforced" is_enforced
{ nft list ruleset; ipset list; iptables-legacy -S; } 2>/dev/null |
  grep -F 192.0.2.10 >/dev/null || fail "the kernel knows no ban"
mxbanctl bans

# Both die; an agent that is alone enforces what it was told, and is ready.
kill -KILL "$coordinator_pid" "$agent_pid"
wait "$coordinator_pid" "$agent_pid" 2>/dev/null || true
is_closed() { ! has_status 7463 /healthz 200; }
await "the dead agent answers no more" is_closed
start_agent
await "an agent alone enforces" has_status 7463 /readyz 200
kill -0 "$agent_pid" || fail "another agent answered"
echo passed
