#!/usr/bin/env bash
# Holds docs/configuration.md to the programs and their manual pages, and these to
# the variables that the programs ask for.
set -euo pipefail

found=0

if ! difference=$(diff docs/configuration.md <(
  tools/configuration-reference coordinator/mxban-coordinator \
    agent/mxban-agent deploy/man coordinator/jail_option.cc
)); then
  printf 'NOT SO: docs/configuration.md is what the programs say; see %s --help\n%s\n' \
    tools/configuration-reference "$difference" >&2
  found=1
fi

# JOURNAL_STREAM is systemd's to set.
variables=$(grep -RhoE '(getenv|envname|IsSet)\("[A-Z_]+"\)' \
  agent common coordinator ctl filter --include='*.cc' |
  grep -oE '[A-Z_]{2,}' | sort -u)
for variable in $variables; do
  if [[ $variable != JOURNAL_STREAM ]] &&
    ! grep -q "| \`$variable\` |" docs/configuration.md; then
    echo "NOT SO: docs/configuration.md has the variable $variable" >&2
    found=1
  fi
done

exit "$found"
