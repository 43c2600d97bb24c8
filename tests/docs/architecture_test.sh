#!/usr/bin/env bash
# Shows that docs/architecture.svg is the picture that docs/architecture.dot
# describes: all of it but where the letters stand, which is their font's to say.
set -euo pipefail

essence() {
  sed -E '/^<text/s/ (x|y)="[^"]*"//g; /^<!-- Generated/d'
}

if ! difference=$(diff <(essence <docs/architecture.svg) \
  <(dot -Tsvg docs/architecture.dot | essence)); then
  printf 'NOT SO: docs/architecture.svg is drawn from docs/architecture.dot\n%s\n' \
    "$difference" >&2
  exit 1
fi
