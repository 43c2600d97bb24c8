# Sourced by tests that follow a page: a coordinator's machine, three mail relays
# and an attacker's, none of which has heard of mxban. Real sendmails ask for
# passwords, a real rsyslog writes what they log, and root of the coordinator's
# machine reaches the relays by ssh. They are at one wire, and at no other.

source tests/deploy/machine.sh

relays=(mx1 mx2 mx3)
attacker=203.0.113.9
declare -A home_of=() address_of=([ban]=192.0.2.1 [mx1]=192.0.2.11 [mx2]=192.0.2.12
  [mx3]=192.0.2.13 [control]=192.0.2.5 [attacker]=$attacker)

# --- Debian -------------------------------------------------------------------

# Has sendmail listen to everybody and ask for passwords, which it finds in a file.
#   $1 where its Debian is
configure_sendmail() {
  local mail=$1/etc/mail
  sed -i -e 's/, Addr=127.0.0.1//' -e "/^MAILER_DEFINITIONS/i \\
TRUST_AUTH_MECH(\`PLAIN LOGIN')dnl\\
define(\`confAUTH_MECHANISMS', \`PLAIN LOGIN')dnl" "$mail/sendmail.mc"
  in_tree "$1" sh -c 'm4 /etc/mail/sendmail.mc >/etc/mail/sendmail.cf'
  printf '%s\n' 'pwcheck_method: auxprop' 'auxprop_plugin: sasldb' \
    'mech_list: PLAIN LOGIN' >"$1/usr/lib/sasl2/Sendmail.conf"
  echo secret | in_tree "$1" saslpasswd2 -p -c alice
}

# Installs the Debian that all machines start from. What the packages of mxban
# depend on is there to be installed, but is not.
#   $1 where   $2 a folder with mxban-agent.deb and so on
install_base() {
  local root=$1
  install_debian "$root" curl iproute2 ipset logrotate openssh-server python3-apt \
    rsyslog sasl2-bin libsasl2-modules sendmail
  configure_sendmail "$root"
  mkdir "$root/packages"
  cp -L "$2"/mxban-*.deb "$root/packages"
  in_tree "$root" sh -c 'apt-get install -y -qq --download-only \
    /packages/*.deb' </dev/null >"$root.log" 2>&1 ||
    { cat "$root.log" >&2; fail "what mxban depends on can be had"; }
  (cd "$root/packages" && dpkg-name ./*.deb >/dev/null)
  ssh-keygen -q -t ed25519 -N "" -f "$root.ssh"
  install -D -m 600 "$root.ssh.pub" "$root/root/.ssh/authorized_keys"
  echo "nameserver 127.0.0.1" >"$root/etc/resolv.conf"
  cat >"$root/etc/hosts" <<'HOSTS'
127.0.0.1   localhost
192.0.2.1   ban.example.net ban
192.0.2.11  mx1.example.net mx1
192.0.2.12  mx2.example.net mx2
192.0.2.13  mx3.example.net mx3
HOSTS
}

# --- Machines -----------------------------------------------------------------

# The network of a machine, seen with this system's programs.
wire() { nsenter -t "${init_of[$1]}" --net ip "${@:2}"; }

# Gives a machine a layer of its own above a Debian.
#   $1 its name   $2 the Debian
add_layer() {
  local folder=$scratch/machines/$1
  mkdir -p "$folder"/{upper,work,root}
  root=$folder/root
  mount -t overlay overlay "$root" \
    -o "lowerdir=$2,upperdir=$folder/upper,workdir=$folder/work"
}

# Lets root go to the other machines, which he does for the first time.
#   $1 where the Debian of his machine is
give_key() {
  install -D -m 600 "$scratch/base.ssh" "$1/root/.ssh/id_ed25519"
  echo "StrictHostKeyChecking accept-new" >"$1/root/.ssh/config"
}

# Boots a machine.
#   $1 its name
boot_machine() {
  local root
  add_layer "$1" "$scratch/base"
  echo "$1" >"$root/etc/hostname"
  rm -f "$root/etc/machine-id"
  touch "$root/etc/machine-id"
  if [[ $1 == ban ]]; then
    give_key "$root"
    cp "$root/packages"/*.deb "$root/root"
  fi
  if [[ $1 != mx? ]]; then
    chroot "$root" systemctl -q mask sendmail saslauthd
  fi
  start_machine "$1" "$root"
}

# Starts a machine with Ansible, which is this system, and what a checkout of mxban
# has of the collection and the packages.
start_control_node() {
  local root checkout
  add_layer control /
  mount -t tmpfs tmpfs "$root/root"
  give_key "$root"
  cp "$scratch/base/etc/hosts" "$root/etc/hosts"
  rm -f "$root/etc/resolv.conf"
  cp "$scratch/base/etc/resolv.conf" "$root/etc"
  checkout=$root/root/mxban
  mkdir -p "$checkout"/{deploy,build}
  cp -rL deploy/ansible "$checkout/deploy"
  cp -r "$scratch/base/packages" "$checkout/build"
  home_of[control]=/root/mxban
  start_machine control "$root" sleep infinity
  eventually inside control test -e /old
  connect_machine control
}

# Connects a machine to the wire, which is at the attacker's.
connect_machine() {
  wire attacker link add "$1" type veth peer name eth0 netns "${init_of[$1]}"
  wire attacker link set "$1" master br0 up
  wire "$1" address add "${address_of[$1]}/24" dev eth0
  wire "$1" link set eth0 up
  wire "$1" route add default via 192.0.2.66
}

# Boots all machines above the Debian in $scratch/base, in place of those that run.
boot_lab() {
  local machine
  for machine in "${!init_of[@]}"; do stop_machine "$machine"; done
  if [[ -d $scratch/machines ]]; then umount -l "$scratch/machines"; fi
  mkdir -p "$scratch/machines"
  mount -t tmpfs tmpfs "$scratch/machines"
  for machine in attacker ban "${relays[@]}"; do boot_machine "$machine"; done
  for machine in attacker ban "${relays[@]}"; do eventually is_up "$machine"; done
  wire attacker link add br0 up type bridge mcast_snooping 0
  wire attacker address add 192.0.2.66/24 dev br0
  wire attacker address add "$attacker/32" dev br0
  wire attacker route add 192.0.2.0/28 dev br0 src "$attacker"
  for machine in ban "${relays[@]}"; do connect_machine "$machine"; done
  for machine in "${relays[@]}"; do eventually greets ban "$machine"; done
}

# Runs what somebody types who has logged in to a machine as root.
#   $1 the machine   $2 commands
typed() {
  inside "$1" env -i HOME=/root USER=root TERM=dumb LANG=C.UTF-8 \
    PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin \
    bash -c "cd ${home_of[$1]:-}; $2"
}

# --- What a relay does --------------------------------------------------------

# The first line that a machine hears from a relay's sendmail.
#   $1 the machine   $2 the relay
first_line() {
  inside "$1" timeout 5 bash -c \
    'exec 3<>"/dev/tcp/$0/587" && read -r line <&3 && echo "$line"' "${address_of[$2]}"
}
greets() { [[ $(first_line "$1" "$2") == "220 "* ]]; }
# Whether its kernel answers the attacker with a reset.
is_refused() { [[ $(first_line attacker "$1" 2>&1) == *"Connection refused"* ]]; }

# For a trap: of what goes wrong the machines know more.
end_lab() {
  local code=$? machine
  trap - EXIT
  if [[ $code -ne 0 ]]; then
    for machine in "${!init_of[@]}"; do
      inside "$machine" journalctl --no-pager -n 20 -u 'mxban*' -o short-monotonic >&2 || true
    done
  fi
  exit "$code"
}
