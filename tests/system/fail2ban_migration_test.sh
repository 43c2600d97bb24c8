#!/usr/bin/env bash
# A server moves from Fail2Ban to mxban, as docs/migrate-from-fail2ban.md says:
# what Fail2Ban has banned is refused before, during and after.
#
# Real Fail2Ban, coordinator, agent and kernel, in two network namespaces. An
# attacker that Fail2Ban has banned tries to connect all the time, and must not
# get through once; a good client beside it must always.
set -euo pipefail
export PATH=$PATH:/usr/sbin:/sbin

readonly attacker=198.51.100.7 good=198.51.100.8 server=198.51.100.1
readonly jail=sendmail-auth
coordinator=$PWD/coordinator/mxban-coordinator
agent=$PWD/agent/mxban-agent
mxbanctl=$PWD/ctl/mxbanctl
folder=$(mktemp -d /tmp/mxban-migration.XXXXXX)
readonly here=mxban-mig-$$-s there=mxban-mig-$$-c
pids=()

end() {
  local code=$?
  trap - EXIT
  if [[ $code -ne 0 ]]; then tail -n 20 "$folder"/*.out >&2 || true; fi
  "${client[@]}" stop >/dev/null 2>&1 || true
  touch "$folder/enough"
  for pid in "${pids[@]}"; do kill "$pid" 2>/dev/null || true; done
  for pid in "${pids[@]}"; do wait "$pid" 2>/dev/null || true; done
  ip netns del "$here" 2>/dev/null || true
  ip netns del "$there" 2>/dev/null || true
  rm -rf "$folder"
  exit "$code"
}

fail() {
  echo "FAILED: $*" >&2
  exit 1
}

# Waits at most 20 s for a command to succeed.
eventually() {
  local deadline=$((SECONDS + 20))
  until "$@" >"$folder/eventually.out" 2>&1; do
    ((SECONDS < deadline)) || fail "never: $*"
    read -rt 0.05 <> <(:) || true
  done
}

on_server() { ip netns exec "$here" "$@"; }
ctl() { on_server "$mxbanctl" --endpoint "unix:$folder/admin.sock" "$@"; }

# Whether $1 reaches the mail port.
connects() {
  ip netns exec "$there" python3 -c '
import socket, sys
socket.create_connection((sys.argv[2], 25), 1, (sys.argv[1], 0))
' "$1" "$server" 2>>"$folder/connects.err"
}
is_refused() { ! connects "$1"; }

# Tries from $1 until told to end, and writes how each try went.
try_always() {
  local outcome
  while [[ ! -e $folder/enough ]]; do
    if connects "$1"; then outcome=through; else outcome=refused; fi
    echo "$outcome" >>"$folder/tries.$1"
  done
}

# Whether $1 was tried at least $2 times more than now.
tried_more() {
  local lines
  lines=$(wc -l <"$folder/tries.$1")
  ((lines >= $2))
}
try_more() {
  local lines
  lines=$(wc -l <"$folder/tries.$attacker")
  eventually tried_more "$attacker" $((lines + 3))
}

client=(ip netns exec "$here" fail2ban-client -c "$folder/fail2ban"
  -s "$folder/fail2ban.sock" -p "$folder/fail2ban.pid")
trap end EXIT

mkdir -p "$folder"/{fail2ban,config}/filter.d "$folder"/{state,agent}

# --- Two hosts ---------------------------------------------------------------

ip netns add "$here"
ip netns add "$there"
ip -n "$here" link add mail type veth peer name out netns "$there"
ip -n "$here" addr add "$server/24" dev mail
ip -n "$here" link set lo up
ip -n "$here" link set mail up
for address in "$attacker" "$good"; do
  ip -n "$there" addr add "$address/24" dev out
done
ip -n "$there" link set out up
on_server python3 -m http.server 25 --bind "$server" --directory "$folder/agent" \
  >"$folder/listener.out" 2>&1 &
pids+=($!)
eventually connects "$good"
eventually connects "$attacker"

# --- Fail2Ban bans -----------------------------------------------------------

cp -r /etc/fail2ban/action.d "$folder/fail2ban"
cp /etc/fail2ban/fail2ban.conf "$folder/fail2ban"
cat >"$folder/config/filter.d/$jail.conf" <<END
[Definition]
failregex = \[<HOST>\]: possible SMTP attack: command=AUTH
END
cp "$folder/config/filter.d/$jail.conf" "$folder/fail2ban/filter.d"
jail_file() { # $1 the log
  cat <<END
[$jail]
enabled = true
filter = $jail
logpath = $1
backend = polling
maxretry = 1
findtime = 600
bantime = 28800
action = iptables-multiport[name=$jail, port="submission,465,smtp", protocol=tcp]
END
}
: >"$folder/mail.log"
jail_file "$folder/mail.log" >"$folder/fail2ban/jail.conf"
cat >"$folder/fail2ban/fail2ban.local" <<END
[Definition]
dbfile = $folder/fail2ban.sqlite3
logtarget = $folder/fail2ban.out
END
"${client[@]}" start >/dev/null
eventually "${client[@]}" status "$jail"
echo "$(date '+%b %e %T') mx1 sendmail[411]: rejecting [$attacker]: possible" \
  "SMTP attack: command=AUTH, count=1" >>"$folder/mail.log"
eventually is_refused "$attacker"
connects "$good" || fail "Fail2Ban refuses everybody"
: >"$folder/tries.$attacker"
: >"$folder/tries.$good"
try_always "$attacker" &
pids+=($!)
try_always "$good" &
pids+=($!)
try_more

# --- mxban beside it ---------------------------------------------------------

# A log of its own, lest it bans the attacker by itself.
: >"$folder/other.log"
jail_file "$folder/other.log" >"$folder/config/jail.conf"
on_server "$coordinator" --config_dir="$folder/config" \
  --state_dir="$folder/state" --admin_listen="unix:$folder/admin.sock" \
  --agent_listen=127.0.0.1:7460 --http_listen= \
  >"$folder/coordinator.out" 2>&1 &
pids+=($!)
eventually ctl status
on_server "$agent" --coordinators=127.0.0.1:7460 --state_dir="$folder/agent" \
  --server_name=mx1 --http_listen= --user=root >"$folder/agent.out" 2>&1 &
pids+=($!)
agent_is_there() { ctl agents --json | grep -q '"connected":true'; }
eventually agent_is_there

import=(import fail2ban "$folder/fail2ban.sqlite3")
ctl "${import[@]}" --dry_run | tee "$folder/dry.out"
grep -qx "would ban $attacker in $jail" "$folder/dry.out" || fail "dry run"
[[ -z $(ctl bans --json) ]] || fail "the dry run did something"

ctl "${import[@]}" | tee "$folder/first.out"
grep -qx "banned 1 source, 0 stood already, 0 refused" "$folder/first.out" ||
  fail "the import"
ctl "${import[@]}" | tee "$folder/second.out"
grep -qx "banned no sources, 1 stood already, 0 refused" \
  "$folder/second.out" || fail "the second import"
enforced() {
  ctl bans --json | grep -q '"enforcing_server_count":1,"server_count":1'
}
eventually enforced

# The time that is left, not the jail's whole time again: both end together.
theirs=$(python3 -c '
import sqlite3, sys
query = "SELECT timeofban + bantime FROM bips"
print(*sqlite3.connect(sys.argv[1]).execute(query).fetchone())
' "$folder/fail2ban.sqlite3")
ours=$(date +%s -d "$(ctl bans --json |
  sed -n 's/.*"expire_time":"\([^"]*\)".*/\1/p')")
((ours >= theirs && ours <= theirs + 2)) ||
  fail "Fail2Ban's ban ends at $theirs, ours at $ours"
try_more

# --- Fail2Ban goes -----------------------------------------------------------

on_server iptables-save | grep -q "f2b-$jail" || fail "where is Fail2Ban's chain"
"${client[@]}" stop >/dev/null
no_chain_is_left() { ! on_server iptables-save | grep "f2b-$jail"; }
eventually no_chain_is_left
try_more

touch "$folder/enough"
! grep -q through "$folder/tries.$attacker" || fail "the attacker came through"
! grep -q refused "$folder/tries.$good" || fail "the good client was refused"

# It was mxban that refused it.
ctl unban "$attacker"
eventually connects "$attacker"
echo "refused throughout, $(wc -l <"$folder/tries.$attacker") tries"
