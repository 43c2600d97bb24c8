# How the demo talks, and how it keeps count of what it claims.

claims_held=0
claims_broken=()

if [[ -t 1 && -z ${NO_COLOR:-} && ${TERM:-dumb} != dumb ]]; then
  bold=$'\e[1m' green=$'\e[32m' red=$'\e[31m' plain=$'\e[0m'
else
  bold='' green='' red='' plain=''
fi

heading() { printf '\n%s%s%s\n\n' "$bold" "$1" "$plain"; }

# Prose, from standard input.
say() { sed 's/^./  &/'; }

# What a program printed, from standard input.
quote() { sed 's/^/    | /'; }

# A command that the reader could type, before what it prints.
#   $1 the host to type it on   $2 the command
shown() { printf '    %s# %s\n' "$1" "$2"; }

die() {
  printf 'demo: %s\n' "$1" >&2
  exit 1
}

# Checks a claim and remembers whether it holds.
#   $1 what is claimed   $2... a command that succeeds if it is so
claim() {
  local text=$1 said
  shift
  if said=$("$@" 2>&1); then
    claims_held=$((claims_held + 1))
    printf '  %sok%s      %s\n' "$green" "$plain" "$text"
  else
    claims_broken+=("$text")
    printf '  %sNOT SO%s  %s\n' "$red" "$plain" "$text"
    [[ -z $said ]] || quote <<<"$said"
  fi
}

# Repeats a command until it succeeds, for ten seconds at most.
eventually() {
  local deadline=$((SECONDS + 10))
  until "$@"; do
    ((SECONDS < deadline)) || return 1
    sleep 0.02
  done
}
