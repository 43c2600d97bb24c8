#!/usr/bin/env bash
# Holds the manual pages to the programs: each flag, command and option of a jail
# that there is has its place in a page, and no page tells of another.
set -euo pipefail

found=0

# Compares two lists, one word a line.
#   $1 of what   $2 those in the page   $3 those of the program
same() {
  local difference
  difference=$(diff <(sort -u <<<"$2") <(sort -u <<<"$3")) && return
  printf 'NOT SO: page and program agree on the %s\n%s\n' "$1" "$difference" >&2
  found=1
}

# A page's section, or its whole, as it is read but on lines without end.
section() {
  groff -man -Tascii -P-cbou -rHY=0 -rLL=10000n "deploy/man/$1" |
    awk -v name="${2:-}" '/^[A-Z]/ { on = name == "" || $0 == name } on'
}

# What stands in front of the descriptions, which are indented further.
heads() { grep -E '^ {7}[^ ]' | cut -c8-; }

# The flags in a text.
flags() { grep -oE -- '(^|[^A-Za-z_-])--[a-z][a-z_-]*' | sed 's/^[^-]//'; }

subcommands() { sed -nE '/^Subcommands:/,/^$/s/^  ([a-z]+) .*/\1/p'; }

# The commands of mxbanctl, those that have subcommands with each of them.
commands() {
  local first seconds
  for first in $(ctl/mxbanctl --help | subcommands); do
    seconds=$(ctl/mxbanctl "$first" --help | subcommands)
    if [[ -z $seconds ]]; then
      echo "$first"
    else
      awk -v first="$first" '{ print first, $0 }' <<<"$seconds"
    fi
  done
}

for page in deploy/man/*.[158]; do
  complaints=$(groff -man -Tutf8 -ww -z "$page" 2>&1)
  if [[ -n $complaints ]]; then
    printf 'NOT SO: groff understands %s\n%s\n' "$page" "$complaints" >&2
    found=1
  fi
done

# Some flags every program of Abseil's has, and does not list.
for program in agent/mxban-agent coordinator/mxban-coordinator; do
  same "flags of $program" "$(section "${program#*/}.8" | heads | flags)" \
    "$({ "$program" --help || true; } | grep -E '^ +--' | flags
      printf '%s\n' --flagfile --help --version)"
done

same "options of mxban-regex" "$(section mxban-regex.1 | heads | flags)" \
  "$(ctl/mxban-regex --help | flags)"

same "commands of mxbanctl" \
  "$(section mxbanctl.1 COMMANDS | heads |
    sed -nE 's/^([a-z]+( [a-z]+)?)( [^a-z].*)?$/\1/p')" \
  "$(commands)"
same "options of mxbanctl" "$(section mxbanctl.1 | heads | flags)" \
  "$({ ctl/mxbanctl --help
      while read -ra command; do
        ctl/mxbanctl "${command[@]}" --help
      done < <(commands); } | flags)"
while read -r command; do
  read -ra words <<<"$command"
  same "options of mxbanctl $command" \
    "$(section mxbanctl.1 COMMANDS | heads | grep -E "^$command( |$)" | { flags || true; })" \
    "$(ctl/mxbanctl "${words[@]}" --help | { flags | grep -vx -- --help || true; })"
done < <(commands)

# The options at the heads of a section of mxban-jail(5).
options() {
  section mxban-jail.5 "$1" | heads |
    sed -nE 's/^([a-z0-9.]+(, [a-z0-9.]+)*)( .*)?$/\1/p' | sed 's/, /\n/g'
}

# The words of the lists of the source $1 whose names $2 matches.
list() { sed -nE "/ ($2)\[\]/,/^};/p" "$1" | grep -o '"[^"]*"' | tr -d '"'; }

# The readers' own lists of what they honour or want to be off.
same "options of a jail" "$(options OPTIONS)" \
  "$(list coordinator/jail_option.cc 'kHonoured|kOffOnly')"
same "options of a filter" "$(options FILTERS)" \
  "$(list filter/filter_definition.cc kOwnOptions)"
same "options of an action" "$(options ACTIONS)" \
  "$(list coordinator/firewall_action.cc kUnderstood)"

exit "$found"
