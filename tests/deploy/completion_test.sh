#!/usr/bin/env bash
# Asks bash's completion what it offers, with the real programs.
set -u # As an interactive shell, it goes on after a failure.

# shellcheck source=deploy/completion/mxban.bash
. deploy/completion/mxban.bash
found=0

# Checks what is offered for the last of some words; `...` stands for more.
#   $1 what is wanted, with spaces between   $2... the words of the command line
offers() {
  local wanted=$1 offered complete
  shift
  COMP_WORDS=("$@") COMP_CWORD=$(($# - 1)) COMPREPLY=()
  complete=$(complete -p "${1##*/}")
  complete=${complete#* -F }
  "${complete%% *}" "$1"
  offered=${COMPREPLY[*]}
  # shellcheck disable=SC2053 # `wanted` is a pattern.
  [[ " $offered " == ${wanted//.../*} ]] && return
  printf 'NOT SO: %s offers%s, but%s\n' "$*" "$wanted" " $offered" >&2
  found=1
}

agent=agent/mxban-agent
coordinator=coordinator/mxban-coordinator
ctl=ctl/mxbanctl
regex=ctl/mxban-regex

offers " --coordinators= " "$agent" --coo
offers " --flush_on_exit --flagfile= " "$agent" --fl
offers " ...--never_ban= ...--log_level= ..." "$agent" --
offers " ipset iptables " "$agent" --firewall = ip
offers " debug info warning error " "$agent" --log_level =
offers " deploy/man/mxban-agent.8 " "$agent" --flagfile = deploy/man/mxban-a
offers " --check_config " "$coordinator" --ch
offers "  " "$coordinator" --http_listen = 1

offers " status ...unban ...token " "$ctl" ''
offers " agents allow audit " "$ctl" a
offers " bans ban " "$ctl" --json ba
offers " add remove list " "$ctl" allow ''
offers " --jail --json " "$ctl" bans --j
offers " --reason " "$ctl" allow add --r
offers " viewer operator " "$ctl" token --role ''
offers "  " "$ctl" ban --reason ''
offers "  " "$ctl" status st

# Jails and agents are those of the coordinator, if it answers.
offers "  " "$ctl" --endpoint=unix:/nonexistent bans --jail ''
folder=$(mktemp -d /tmp/mxban-completion.XXXXXX)
mkdir "$folder/config"
for jail in sendmail sendmail-auth; do
  printf '[%s]\nenabled = true\nlogpath = /var/log/mail.log\nfilter = f\n' $jail
  printf 'action = iptables-multiport[name=%s, port=smtp]\n' $jail
done >"$folder/config/jail.conf"
mkdir "$folder/config/filter.d"
printf '[Definition]\nfailregex = <HOST> fails\n' \
  >"$folder/config/filter.d/f.conf"
"$coordinator" --config_dir="$folder/config" --state_dir="$folder" \
  --admin_listen="unix:$folder/admin.sock" --agent_listen=127.0.0.1:0 \
  --http_listen= &>"$folder/log" &
trap 'kill $!; wait $! 2>/dev/null; rm -r "$folder"' EXIT
for _ in {1..200}; do
  "$ctl" --endpoint "unix:$folder/admin.sock" status &>/dev/null && break
  sleep 0.05
done
COMP_LINE="$ctl --endpoint unix:$folder/admin.sock bans --jail "
offers " sendmail sendmail-auth " "$ctl" bans --jail ''
offers " sendmail-auth " "$ctl" ban --jail = sendmail-
offers "  " "$ctl" agents ''
COMP_LINE=
offers " table json csv " "$ctl" bans --output ''
offers " ...deploy/man/mxbanctl.1 " "$ctl" import list deploy/man/mxbanctl

offers " --print-no-ignored --print-no-missed " "$regex" --print-no
offers " deploy/man/mxban-regex.1 " "$regex" deploy/man/mxban-r
offers " warn " "$regex" --usedns w

exit "$found"
