# The programs on the stage: one coordinator, an agent on every mail server.
#
# Uses network.bash, and $folder, $bin and $tool: where everything is kept, where
# the programs are, and the demo's own.

# Whom the half of an agent that reads logs becomes.
agent_user=nobody

# Starts a program on a host; its output goes to a file, its pid to another,
# beside the time it started at, so that no other program is ever mistaken for
# it.
#   $1 what to call it   $2 the host   $3... the program
start() {
  local name=$1 host=$2
  shift 2
  setsid ip netns exec "$prefix$host" "$@" \
    </dev/null >"$folder/$name.out" 2>&1 &
  echo "$! $(start_time "$!")" >>"$folder/started"
  disown "$!"
}

# When a process started, in the kernel's ticks; nothing if there is none.
start_time() {
  sed 's/.*) //' "/proc/$1/stat" 2>/dev/null | cut -d' ' -f20
}

# Sends a signal to those of the started programs that still run; fails if none
# does.
#   $1 the file that lists them   $2 the signal
signal_started() {
  local pid started found=1
  while read -r pid started; do
    [[ $(start_time "$pid") == "$started" ]] || continue
    kill "-$2" "$pid" 2>/dev/null && found=0
  done <"$1"
  return "$found"
}

# Ends what was started from a folder and takes its stage down.
#   $1 the folder
clean() {
  local tries namespace namespaces
  if [[ -e $1/started ]] && signal_started "$1/started" TERM; then
    # They end within a second or two; longer means that they hang.
    for ((tries = 0; tries < 100; tries++)); do
      signal_started "$1/started" 0 || break
      sleep 0.05
    done
    signal_started "$1/started" KILL || true
  fi
  if [[ -e $1/prefix ]]; then
    mapfile -t namespaces < <(
      ip netns list | awk -v prefix="$(<"$1/prefix")" \
        'index($1, prefix) == 1 { print $1 }')
    for namespace in "${namespaces[@]}"; do ip netns delete "$namespace"; done
  fi
  rm -rf "$1"
}

make_certificates() {
  local make=deploy/certificates/make-certificates server
  "$make" --days 1 "$folder/pki" coordinator coordinator \
    "${address[coordinator]}"
  for server in "${servers[@]}"; do
    "$make" --days 1 "$folder/pki" agent "$server"
    chown "$agent_user" "$folder/pki/$server.key"
  done
  chmod 711 "$folder/pki" # Each agent comes to its own key.
}

# The flags of a program that presents a certificate.
tls_flags() {
  printf -- '--tls_%s\n' "cert=$folder/pki/$1.pem" "key=$folder/pki/$1.key" \
    "ca=$folder/pki/ca.pem"
}

start_coordinator() {
  local flags
  mapfile -t flags < <(tls_flags coordinator)
  start coordinator coordinator "$bin/coordinator/mxban-coordinator" \
    --config_dir="$folder/config" --state_dir="$folder/state" \
    --agent_listen="${address[coordinator]}:7460" \
    --admin_listen="unix:$folder/admin.sock" "${flags[@]}"
  eventually ctl_answers || die "the coordinator does not answer:
$(<"$folder/coordinator.out")"
}

start_agent() {
  local server=$1 flags
  mapfile -t flags < <(tls_flags "$server")
  start "$server" "$server" \
    env XTABLES_LOCKFILE="$folder/$server/xtables.lock" \
    "$bin/agent/mxban-agent" --server_name="$server" --user="$agent_user" \
    --coordinators="${address[coordinator]}:7460" \
    --state_dir="$folder/$server/state" \
    --log="sendmail=$folder/$server/howto.log,sendmail-auth=$folder/$server/mail.log" \
    "${flags[@]}"
}

# A mail server: what listens there, its logs, and a firewall rule of its
# operator's, which is none of our business.
start_server() {
  local server=$1
  mkdir "$folder/$server"
  touch "$folder/$server/mail.log" "$folder/$server/howto.log"
  start "$server-listener" "$server" "$tool" listen "$server" 25 80 465 587
  on "$server" iptables-legacy -N operators-own
  on "$server" iptables-legacy -A INPUT -p tcp --dport 23 -j operators-own
  on "$server" iptables-legacy -A operators-own -j DROP
  # A table comes to be when it is first looked at.
  if has_ipv6; then on "$server" ip6tables-legacy -S >"$folder/ip6tables"; fi
  foreign_rules "$server" >"$folder/$server/rules.before"
}

mxbanctl() { "$bin/ctl/mxbanctl" --endpoint="unix:$folder/admin.sock" "$@"; }
ctl_answers() { mxbanctl --timeout 1 status >/dev/null 2>&1; }

# One number out of the coordinator's status; 64-bit ones come as text.
status_number() {
  mxbanctl status --json | sed -E "s/.*\"$1\":\"?([0-9]+).*/\1/"
}

# The bans of a jail, one JSON object a line.
bans_json() { mxbanctl bans --json --jail "$1"; }
banned_sources() {
  bans_json "$1" | sed -E 's/.*"source":"([^"]+)".*/\1/' | sort
}

all_agents_current() { [[ $(status_number current_agent_count) == 3 ]]; }

# A number that a program publishes for Prometheus.
#   $1 the host   $2 the port   $3 the metric, with its labels
metric() {
  on "$1" bash -c '
    exec 3<>"/dev/tcp/127.0.0.1/$1"
    printf "GET /metrics HTTP/1.0\r\n\r\n" >&3
    cat <&3' - "$2" |
    awk -v name="$3" '$1 == name { print int($2) }'
}

# Whether an agent has read its logs to the end, and the coordinator knows.
has_caught_up() {
  local written
  written=$(cat "$folder/$1/mail.log" "$folder/$1/howto.log" | wc -l)
  [[ $(metric "$1" 7463 mxban_agent_lines_total) -ge $written &&
    $(metric "$1" 7463 mxban_agent_unacknowledged_failures) == 0 ]]
}

all_caught_up() {
  local server
  for server in "${servers[@]}"; do has_caught_up "$server" || return 1; done
}
