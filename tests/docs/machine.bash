#!/usr/bin/env bash
# A machine on which the pages' commands are typed: this host's files with the
# Debian packages of mxban and a clone of the project above them, in namespaces of
# its own. On it run a coordinator, ban.example.net, and the agent of mx1; mx2 and
# mx3 are servers beside it. Nothing that happens there is seen outside.
#
#   machine.bash LAYER SCRIPT RESULTS
#
# LAYER is a folder that lies above the host's files, SCRIPT what bash does there,
# with the functions of this file, RESULTS a folder that both sides see, as /mnt.
set -euo pipefail
export PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin

servers=(mx1 mx2 mx3)

die() {
  echo "the machine: $1" >&2
  tail -n 5 /var/log/mxban/* >&2 || true
  exit 1
}

# Waits at most half a minute for a command to succeed.
await() {
  local tries
  for ((tries = 0; tries < 600; tries++)); do
    "$@" >/dev/null 2>&1 && return
    sleep 0.05
  done
  die "never so: $*"
}

# --- Files and network --------------------------------------------------------

# Turns this process's root into the host's files below a layer.
#   $1 the layer   $2 the results
make_root() {
  local root=$2/root folder
  mount -t tmpfs -o mode=755 none "$2"
  mkdir "$2"/{root,upper,work}
  mount -t overlay none "$root" \
    -o "lowerdir=$1:/,upperdir=$2/upper,workdir=$2/work"
  rm -rf "$root"/var/lib/mxban*
  mount --rbind /dev "$root/dev"
  mount -t proc none "$root/proc"
  for folder in run tmp var/log; do mount -t tmpfs none "$root/$folder"; done
  chmod 1777 "$root/tmp"
}

# The other servers, each with an address of its own and its own firewall.
make_network() {
  local server number
  ip link set lo up
  ip link add switch type bridge
  ip address add 192.0.2.1/24 dev switch
  ip link set switch up
  for server in mx2 mx3; do
    number=${server#mx}
    ip netns add "$server"
    ip link add "to-$server" type veth peer name eth0 netns "$server"
    ip link set "to-$server" master switch up
    ip -n "$server" link set lo up
    ip -n "$server" address add "192.0.2.1$number/24" dev eth0
    ip -n "$server" link set eth0 up
  done
  echo '192.0.2.1 ban.example.net mx1' >>/etc/hosts
}

# Becomes a program on a server, so that whoever ends this ends that.
become_on() {
  if [[ $1 == mx1 ]]; then exec "${@:2}"; else exec ip netns exec "$@"; fi
}

# --- The fleet ----------------------------------------------------------------

# Runs a daemon, and has it run on.
#   $1 what to call it   $2... the command
start() {
  "${@:2}" >"/var/log/mxban/$1" 2>&1 </dev/null &
  eval "pid_of_${1//-/_}=$!"
}

# Ends what runs by that name, if anything does.
stop() {
  local -n pid=pid_of_${1//-/_}
  [[ -n ${pid:-} ]] || return 0
  kill "$pid" 2>/dev/null || true
  wait "$pid" 2>/dev/null || true
  pid=
}

# What an operator does to the flags that come with the packages.
configure() {
  local name
  sed -i -e '/^--/d' -e 's/^#--/--/' /etc/mxban/{coordinator,agent}.flags
  sed -i 's/^--never_ban=.*//' /etc/mxban/agent.flags
  mkdir /etc/mxban/jail.d
  printf '%s\n' '[sendmail]' 'maxbanrate = 2' >/etc/mxban/jail.d/site.local
  cat >>/etc/mxban/coordinator.flags <<<"--tokens_file=/etc/mxban/tokens
--roles_file=/etc/mxban/roles
--admin_listen=unix:/run/mxban/admin.sock,0.0.0.0:7461"
  echo 'unix:nagios viewer' >/etc/mxban/roles
  install -o mxban -m 600 /dev/null /etc/mxban/tokens
  install -D -m 600 /dev/null /etc/grafana/mxban.token
  mxbanctl token grafana --json | tee >(jq -r .line >/etc/mxban/tokens) |
    jq -r .token >/etc/grafana/mxban.token
  for name in mx2 mx3; do
    mkdir -p "/var/log/$name"
    { sed "s/mx1/$name/" /etc/mxban/agent.flags
      echo "--state_dir=/var/lib/mxban-agent-$name"
      echo "--log=sendmail=/var/log/$name/mail.log,sendmail-auth=/var/log/$name/mail.log"
    } >"/etc/mxban/agent-$name.flags"
  done
}

start_coordinator() {
  install -d -o mxban -g mxban /run/mxban
  install -d -o mxban -g mxban -m 700 /var/lib/mxban
  start coordinator setpriv --reuid mxban --regid mxban --init-groups \
    mxban-coordinator --flagfile=/etc/mxban/coordinator.flags
}

start_agent() {
  local flags=/etc/mxban/agent-$1.flags
  [[ $1 != mx1 ]] || flags=/etc/mxban/agent.flags
  start "agent-$1" become_on "$1" mxban-agent "--flagfile=$flags"
}

start_agents() {
  local server
  touch /run/xtables.lock
  for server in "${servers[@]}"; do start_agent "$server"; done
}

# --- Mail ---------------------------------------------------------------------

# Writes lines of sendmail to a server's log.
#   $1 the server   $2... what each says
mail_log() {
  local log=/var/log/$1/mail.log line
  [[ $1 != mx1 ]] || log=/var/log/mail.log
  for line in "${@:2}"; do
    printf '%s %s sm-mta[2497]: o0LNaCc%07d: %s\n' "$(date '+%b %e %T')" "$1" \
      "$((++mails))" "$line"
  done >>"$log"
}
mails=0

# Somebody guesses passwords, once for each connection; or many on one.
#   $1 the server   $2 the source   $3 how often
attack() {
  local number line
  line="AUTH failure (LOGIN): authentication failure (-13) SASL(-13):"
  line+=" authentication failure: checkpass failed, user=root, relay=[$2]"
  for ((number = 0; number < $3; number++)); do mail_log "$1" "$line"; done
}
flood() { mail_log "$1" "[$2]: possible SMTP attack: command=AUTH, count=5"; }

# Whether so many agents enforce all there is.
agents_enforce() {
  [[ $(mxbanctl agents --json | grep -c '"enforced_revision"') == "$1" ]] &&
    ! mxbanctl agents | grep -qE 'behind|cannot|away'
}
is_held() { mxbanctl held list | grep -qF "$1 "; }
is_enforced_by_all() { mxbanctl bans | grep -F "$1 " | grep -q 'enforced 3/3'; }

# Starts all. Four attackers are banned, the bans of two are held, and one is below
# the limit.
start_fleet() {
  local source
  configure
  start_coordinator
  await mxbanctl status
  start_agents
  await agents_enforce 3
  for source in 119.129.227.125 203.0.113.3; do flood mx1 "$source"; done
  await is_enforced_by_all 203.0.113.3
  for source in 203.0.113.4 203.0.113.5; do flood mx2 "$source"; done
  await is_held 203.0.113.5
  for source in 203.0.113.7 203.0.113.8; do
    attack mx1 "$source" 3
    attack mx2 "$source" 2
  done
  attack mx1 198.51.100.4 2
  await is_enforced_by_all 119.129.227.125
  await is_enforced_by_all 203.0.113.7
  await is_enforced_by_all 203.0.113.8
}

# Fail2Ban on mx1, which has banned somebody of its own.
start_fail2ban() {
  rm -f /etc/fail2ban/jail.d/* /var/lib/fail2ban/*
  cat >/etc/fail2ban/jail.local <<<"[sendmail]
enabled = true
backend = polling
filter  = sendmail-auth
logpath = /var/log/mail.log
bantime = 8h"
  mkdir -p /run/fail2ban
  start fail2ban fail2ban-server -f --logtarget STDERR
  await fail2ban-client ping
  fail2ban-client set sendmail banip 198.51.100.77
  await is_stored 198.51.100.77
}
is_stored() {
  sqlite3 /var/lib/fail2ban/fail2ban.sqlite3 'SELECT ip FROM bips' | grep -qxF "$1"
}

# What systemd does with the units: tests/deploy/packages_install_test.sh has the
# real one.
systemctl() {
  local what=${2#mxban-} verb
  [[ $what != agent ]] || what=agent-mx1
  case $1 in
    stop | start) verb=$1 ;;
    restart) verb="stop start" ;;
    *) echo "systemctl $1 is not known here" >&2; return 1 ;;
  esac
  for verb in $verb; do
    if [[ $verb == stop ]]; then
      stop "$what"
    elif [[ $what == coordinator ]]; then
      start_coordinator
      await mxbanctl status
    else
      start_agent "${what#agent-}"
      await is_connected "${what#agent-}"
    fi
  done
}

# --- The pages' commands ------------------------------------------------------

# Those that run until somebody ends them.
runs_on() {
  [[ $1 =~ ^(tail\ -F\ .*\|\ )?mxban-(agent|coordinator)\ .*-- ]] &&
    ! [[ $1 =~ --(check_config|probe_firewall|remove_bans|help|version) ]]
}

# Runs a daemon in place of the one that runs already, until the page ends.
run_daemon() {
  local what=agent-mx1
  [[ $1 != mxban-coordinator* ]] || what=coordinator
  stop "$what"
  start "$what" bash -c "$1"
  if [[ $what == coordinator ]]; then
    await mxbanctl status
  else
    await is_connected mx1
  fi
  cat "/var/log/mxban/$what"
}
# The coordinator may not have missed its predecessor yet.
is_connected() {
  grep -q "connected to coordinator" "/var/log/mxban/agent-$1" &&
    mxbanctl agents | grep -q "^$1 *connected *current"
}

# Runs what shows on a terminal what goes on; Ctrl-C ends it, once it has shown an
# attacker.
run_view() {
  local attacks status=0
  attack_again_and_again &
  attacks=$!
  /tmp/terminal.py "$1" 203.0.113.2 $'\x03' || status=$?
  kill "$attacks" 2>/dev/null || true
  wait "$attacks" || true
  [[ $status == @(0|130) ]]
}
attack_again_and_again() {
  local number
  for number in {200..249}; do
    attack mx1 "203.0.113.$number" 5
    sleep 0.2
  done
}

# Runs what asks on a terminal, and agrees.
run_dialogue() { /tmp/terminal.py "$1" "Type yes to go on: " $'yes\n'; }

# Runs a command of a page as the shell of whoever reads it would.
#   $1 the line it is on
run_command() {
  local command status=0
  command=$(</mnt/"$1".sh)
  {
    if runs_on "$command"; then
      run_daemon "$command"
    elif [[ $command =~ ^mxbanctl\ (watch|top) ]]; then
      run_view "$command"
    elif [[ $command =~ ^mxbanctl\ (pause|resume|undo|held\ [rd].*--) &&
      $command != *--yes* ]]; then
      run_dialogue "$command"
    else
      eval "$command"
    fi
  } >/mnt/"$1".out 2>&1 </dev/null || status=$?
  echo "$status" >/mnt/"$1".status
}

# --- Out and in ---------------------------------------------------------------

# Whatever runs inside ends with this, for it is the first process there.
if [[ ${1:-} != --inside ]]; then
  if [[ ${1:-} == --outside ]]; then
    mkdir -p "$4"
    make_root "$2" "$4"
    # The root's own results would be hidden by the mount above.
    mount --bind "$5" "$4/root/mnt"
    cp "$0" "$4/root/tmp/machine.bash"
    cp "${0%/*}/terminal.py" "$4/root/tmp"
    cp "$3" "$4/root/tmp/script.bash"
    exec chroot "$4/root" /bin/bash /tmp/machine.bash --inside
  fi
  exec unshare --net --mount --pid --fork --kill-child \
    "$0" --outside "$1" "$2" "$3/machine" "$3"
fi

export HOME=/root TERM=dumb TZ=UTC LC_ALL=C.UTF-8
unset MXBAN_ENDPOINT MXBAN_TOKEN_FILE
mount -t sysfs none /sys
mkdir /var/log/mxban
install -m 640 -g adm /dev/null /var/log/mail.log
make_network
cd /root/mxban
# shellcheck disable=SC1091  # Made for each machine.
. /tmp/script.bash
