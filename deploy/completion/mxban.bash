# Completion of mxban's command lines. What there is to complete is asked of each
# program's --help, so that it is true of the programs that are installed.

# Completes `word` from words, one a line.
_mxban_reply() {
  local candidate
  COMPREPLY=()
  while IFS= read -r candidate; do
    [[ $candidate != "$word"* ]] || COMPREPLY+=("$candidate")
  done
}

_mxban_files() {
  compopt -o filenames 2>/dev/null
  _mxban_reply < <(compgen -f -- "$word")
}

# Sets what is to be completed. Bash takes --flag=value apart at the `=`.
_mxban_look() {
  word=${COMP_WORDS[COMP_CWORD]} previous=${COMP_WORDS[COMP_CWORD - 1]}
  if [[ $word == = ]]; then
    word=
  elif [[ $previous == = ]]; then
    previous=${COMP_WORDS[COMP_CWORD - 2]}
  fi
}

# The daemons: flags alone, written --flag=value.
_mxban_daemon() {
  local word previous
  _mxban_look
  case $previous in
    --firewall) _mxban_reply <<<$'auto\nipset\nnftables\niptables\nnone' ;;
    --log_level) _mxban_reply <<<$'debug\ninfo\nwarning\nerror' ;;
    --*_dir | --*_file | --tls_* | --flagfile) _mxban_files ;;
    --user) _mxban_reply < <(compgen -u -- "$word") ;;
    --groups | --admin_group) _mxban_reply < <(compgen -g -- "$word") ;;
    --coordinators | --server_name | --log | --never_ban | --*_listen | \
      --agent_quota | --audit_log | --max_*) ;;
    *)
      # Of those that are true or false the name is enough.
      _mxban_reply < <(
        "$1" --help 2>/dev/null | awk '
          /^ +--[a-z_]+ \(/ { if (flag != "") print flag "="; flag = $1 }
          /default: (true|false);/ { print flag; flag = "" }
          END { if (flag != "") print flag "=" }'
        echo --flagfile=
      )
      [[ ${COMPREPLY[0]:-} != *= ]] || compopt -o nospace 2>/dev/null
      ;;
  esac
}

# The options, one a line, in what a tool prints for --help.
_mxban_options() {
  sed -nE 's/^  ((-.,)?--[a-z_-]+(,--[a-z_-]+)*).*/\1/p' <<<"$1" |
    tr , '\n' | grep -- ^--
}

_mxban_subcommands() {
  sed -nE '/^Subcommands:/,/^$/ s/^  ([a-z0-9-]+) .*/\1/p' <<<"$1"
}

# The first column of what the coordinator that is typed lists; nothing if it
# does not answer at once.
_mxban_column() {
  local option to=()
  for option in endpoint tls_cert tls_key tls_ca token_file; do
    [[ ${COMP_LINE:-} =~ --$option[=\ ]+([^ ]+) ]] || continue
    to+=("--$option=${BASH_REMATCH[1]}")
  done
  "${command[0]}" "${to[@]}" --timeout=1 --output=csv "$1" 2>/dev/null |
    sed 1d | cut -d, -f1
}

# The tools: options and subcommands, which have options of their own.
_mxban_tool() {
  local word previous i general help command=("$1")
  _mxban_look
  general=$("$1" --help 2>/dev/null)
  help=$general
  for ((i = 1; i < COMP_CWORD; i++)); do
    if grep -qxFe "${COMP_WORDS[i]}" < <(_mxban_subcommands "$help"); then
      command+=("${COMP_WORDS[i]}")
      help=$("${command[@]}" --help 2>/dev/null)
    fi
  done
  case $previous in
    --jail)
      _mxban_reply < <(_mxban_column jails)
      return
      ;;
    --output) _mxban_reply <<<$'table\njson\ncsv'; return ;;
    --tls_* | --*_file) _mxban_files; return ;;
    --filter-dir) _mxban_files; return ;;
    --role) _mxban_reply <<<$'viewer\noperator'; return ;;
    --usedns) _mxban_reply <<<$'yes\nwarn\nraw\nno'; return ;;
  esac
  if [[ $word == -* ]]; then
    _mxban_reply < <(_mxban_options "$help"$'\n'"$general" | sort -u)
  elif [[ $previous == -* ]] &&
    grep -qE -- "^  .*$previous(,--[a-z_-]+)* [^ ]" <<<"$help$general"; then
    COMPREPLY=() # Its value, which only the operator knows.
  elif [[ $1 == *mxban-regex || ${command[1]:-} == import && ${#command[@]} == 3 ]]; then
    _mxban_files
  elif [[ ${command[1]:-} == agents ]]; then
    _mxban_reply < <(_mxban_column agents)
  else
    _mxban_reply < <(_mxban_subcommands "$help")
  fi
}

complete -F _mxban_daemon mxban-agent mxban-coordinator
complete -F _mxban_tool mxbanctl mxban-regex
