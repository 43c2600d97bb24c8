# Sourced by tests that follow a page: they run its commands as they are written, and
# hold what it shows of their output against what comes.
#
# A block of ```sh is run on the machine that the last line before it names which
# begins with `On`. A block of no language right behind it is what it prints, where a
# number stands for any number, a time for any time, blanks and newlines for each
# other, and a line of `...` for any lines.

# Lines that change nothing.
only_shows='^(mxbanctl (status|agents|jails|bans|explain|audit)|  curl -sS smtp|for|done)\b'

# Writes the blocks of a page as NN.where, NN.commands and NN.output.
#   $1 the page   $2 a folder for them   $3 where to begin, an expression
split_page() {
  rm -rf "$2"
  mkdir "$2"
  awk -v folder="$2" -v begin="${3:-^}" '
    !begun && $0 !~ begin { next }
    { begun = 1 }
    /^```sh$/ { block = sprintf("%s/%02d", folder, ++count); into = block ".commands"
                print where >(block ".where"); next }
    /^```$/ && into { into = ""; behind = 1; next }
    /^```$/ && behind { into = block ".output"; behind = 0; next }
    /^```/ { into = "/dev/null"; next }
    into { print >into; next }
    /./ { behind = 0 }
    /^On / { where = $0 }' "$1"
}

# Whether a block has printed what the page shows.
#   $1 the block, without its ending; what it printed is in $1.said
is_as_shown() {
  python3 - "$1.output" "$1.said" <<'END'
import re, sys

def alike(text):
    """What does not change with the time at which it is printed."""
    text = " ".join(text.split())
    text = re.sub(r"\b\w{8}\d{6}: ", "QUEUE_ID: ", text)
    text = re.sub(r"\b[0-9a-f]{32}\b", "HISTORY", text)
    text = re.sub(r"\S*\.\.\.", "CUT OFF", text)
    text = text.replace("just now", "0 s ago")
    text = re.sub(r"\d+", "0", text)
    return re.sub(r"\b0 ?(min|[dhms])( ?0 ?(min|[dhms]))*\b", "0 s", text)

shown, said = (open(path).read() for path in sys.argv[1:])
parts = [re.escape(alike(part)) for part in re.split(r"(?m)^\.\.\.$", shown)]
sys.exit(not re.fullmatch(".*".join(parts), alike(said)))
END
}

# Runs a block that only shows something, and says whether that is what the page says.
#   $1 the machine   $2 the block
shows() {
  typed "$1" "$(<"$2.commands")" >"$2.said" 2>&1 </dev/null || true
  is_as_shown "$2"
}

# Runs a block on one machine. What it prints as the page shows it may take a while,
# as it does for somebody who looks again.
#   $1 the machine   $2 the block
run_block() {
  if [[ ! -e $2.output ]]; then
    typed "$1" "set -e; $(<"$2.commands")" >"$2.said" 2>&1 </dev/null && return
  elif ! grep -qvE "$only_shows" "$2.commands"; then
    (eventually shows "$1" "$2") && return
  else
    shows "$1" "$2" && return
  fi
  cat "$2.said" >&2
  fail "on $1 this works and prints what the page shows: $(<"$2.commands")"
}

# The machines that a line means, one a line.
machines_of() {
  case $1 in
    'On `ban`'*) echo ban ;;
    'On the attacker'*) echo attacker ;;
    'On the control node'*) echo control ;;
    'On each relay'*) printf '%s\n' "${relays[@]}" ;;
    *) fail "it is said where to do it: $1" ;;
  esac
}

# Runs the blocks of a page, and says how long each took.
#   $1 the page   $2 a command that is called after each block, with its file
#   $3 where to begin, an expression; at the top by default
follow_page() {
  local folder commands block machine machines begin
  folder=$scratch/$(basename "$1" .md)
  split_page "$1" "$folder" "${3:-}"
  echo "$1, ${3:-from the top}"
  for commands in "$folder"/*.commands; do
    block=${commands%.commands}
    machines=$(machines_of "$(<"$block.where")")
    for machine in $machines; do
      begin=${EPOCHREALTIME/./}
      run_block "$machine" "$block"
      printf '%6d ms on %s: %s\n' "$(((${EPOCHREALTIME/./} - begin) / 1000))" "$machine" \
        "$(sed 's/^On [^,]*, //' "$block.where")"
    done
    "$2" "$commands"
  done
}
