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

offers " --print-no-ignored --print-no-missed " "$regex" --print-no
offers " deploy/man/mxban-regex.1 " "$regex" deploy/man/mxban-r
offers " warn " "$regex" --usedns w

exit "$found"
