#!/usr/bin/env bash
# Types each command of mxban's in docs/runbook.md, as it is written there, on a
# machine with a coordinator, an agent and three banned attackers: in namespaces of
# its own, with /etc/mxban and /run/mxban where the page supposes them.
set -euo pipefail

page=docs/runbook.md
attackers=(203.0.113.1 203.0.113.2 203.0.113.3)

fail() {
  echo "NOT SO: $1" >&2
  cat "$scratch"/*.log >&2 || true
  exit 1
}

eventually() {
  local tries
  for ((tries = 0; tries < 200; tries++)); do
    "$@" >/dev/null 2>&1 && return
    sleep 0.05
  done
  fail "eventually: $*"
}

stand() { [[ $(mxbanctl bans --json | wc -l) -eq $1 ]]; }
is_paused() { mxbanctl status | grep -q '^PAUSED'; }

make_machine() {
  mount --make-rprivate /
  mount -t tmpfs none /run
  mkdir -p /run/layer/{above,work}
  mount -t overlay none /etc \
    -o lowerdir=/etc,upperdir=/run/layer/above,workdir=/run/layer/work
  mkdir -p /etc/mxban
  cp -LR deploy/config/. /etc/mxban
  ip link set lo up
}

begin() {
  local attacker
  : >"$scratch/mail"
  mxban-coordinator --state_dir="$scratch/coordinator" \
    --agent_listen=127.0.0.1:7460 >"$scratch/coordinator.log" 2>&1 &
  programs+=("$!")
  mxban-agent --coordinators=127.0.0.1:7460 --state_dir="$scratch/agent" \
    --log="sendmail=$scratch/mail" --user=root --firewall=none \
    >"$scratch/agent.log" 2>&1 &
  programs+=("$!")
  for attacker in "${attackers[@]}"; do
    echo "$(LC_ALL=C date '+%b %e %H:%M:%S') mx1 sm-mta[1195]: o0LNaCc5001195:" \
      "[$attacker]: possible SMTP attack: command=AUTH, count=5" >>"$scratch/mail"
  done
  eventually stand "${#attackers[@]}"
}

end() {
  local code=$?
  kill "${programs[@]}" 2>/dev/null || true
  wait "${programs[@]}" 2>/dev/null || true
  rm -rf "$scratch"
  exit "$code"
}

# Types a command on a terminal, and then $2.
type_command() {
  script -qec "$1" /dev/null <"$2" >"$scratch/typed.log" || fail "$1 works"
}

if [[ ${1:-} != --inside ]]; then
  exec unshare --mount --net "$0" --inside
fi
scratch=$(mktemp -d)
programs=()
trap end EXIT
PATH=$PWD/agent:$PWD/coordinator:$PWD/ctl:$PATH
make_machine
begin

mapfile -t commands < <(grep -oE '`mxban(ctl|-agent|-coordinator) [^`]+`' "$page" |
  tr -d '`' | sed 's/ADDRESS/203.0.113.1/' | awk '!seen[$0]++')
[[ ${#commands[@]} -gt 10 ]] || fail "the commands of $page are found"
echo yes >"$scratch/yes"
for command in "${commands[@]}"; do
  # Those for the worst night ask; what they promise is seen.
  case $command in
    "mxbanctl pause"*)
      type_command "$command" "$scratch/yes"
      is_paused || fail "$command pauses"
      ;;
    "mxbanctl undo"*)
      type_command "$command" "$scratch/yes"
      stand 0 || fail "$command pardons"
      ;;
    "mxbanctl resume")
      type_command "$command" "$scratch/yes"
      ! is_paused || fail "$command resumes"
      ;;
    *) type_command "$command" /dev/null ;;
  esac
done
