# The stage: hosts as network namespaces around one switch, on documentation
# addresses; nothing of it is connected to the real network.
#
# Uses $prefix, which all namespaces have in their names.

servers=(mx1 mx2 mx3)
hosts=("${servers[@]}" coordinator attacker customer)

declare -A address=(
  [coordinator]=192.0.2.1
  [mx1]=192.0.2.11 [mx2]=192.0.2.12 [mx3]=192.0.2.13
  [attacker]=192.0.2.66 [customer]=192.0.2.77
)
declare -A address6=(
  [mx1]=2001:db8:25::11 [mx2]=2001:db8:25::12 [mx3]=2001:db8:25::13
  [attacker]=2001:db8:25::66 [customer]=2001:db8:25::77
)
server_list=192.0.2.11,192.0.2.12,192.0.2.13
server_list6=2001:db8:25::11,2001:db8:25::12,2001:db8:25::13

# Networks that the two namespaces outside are: all their addresses answer.
declare -A outside=(
  [attacker]="203.0.113.0/24 198.51.100.0/24 119.129.227.125/32"
  [customer]="203.0.113.100/30 203.0.113.104/31 203.0.113.110/32
              203.0.113.120/32 198.51.100.200/32"
)
declare -A outside6=(
  [attacker]=2001:db8:bad::/48
  [customer]=2001:db8:cafe::/48
)

has_ipv6() { [[ -e /proc/net/if_inet6 ]]; }

# Runs a command on a host.
on() {
  local host=$1
  shift
  ip netns exec "$prefix$host" "$@"
}

create_switch() {
  ip netns add "${prefix}switch"
  ip -n "${prefix}switch" link add br0 up type bridge mcast_snooping 0
}

create_host() {
  local host=$1 namespace=$prefix$1
  ip netns add "$namespace"
  ip -n "$namespace" link set lo up
  ip -n "${prefix}switch" link add "$host" type veth \
    peer name eth0 netns "$namespace"
  ip -n "${prefix}switch" link set "$host" master br0 up
  ip -n "$namespace" link set eth0 up
  ip -n "$namespace" address add "${address[$host]}/24" dev eth0
  if has_ipv6; then
    on "$host" sysctl -q -w net.ipv6.conf.all.disable_ipv6=0
    if [[ -n ${address6[$host]:-} ]]; then
      ip -n "$namespace" address add "${address6[$host]}/64" dev eth0 nodad
    fi
  fi
}

# Lets a namespace outside be whole networks, and the servers find it.
connect_outside() {
  local host=$1 network server
  for network in ${outside[$host]}; do
    ip -n "$prefix$host" route add local "$network" dev lo
    for server in "${servers[@]}"; do
      ip -n "$prefix$server" route add "$network" via "${address[$host]}"
    done
  done
  has_ipv6 || return 0
  on "$host" sysctl -q -w net.ipv6.ip_nonlocal_bind=1
  ip -n "$prefix$host" route add local "${outside6[$host]}" dev lo
  for server in "${servers[@]}"; do
    ip -n "$prefix$server" route add "${outside6[$host]}" \
      via "${address6[$host]}"
  done
}

create_network() {
  local host
  create_switch
  for host in "${hosts[@]}"; do create_host "$host"; done
  connect_outside attacker
  connect_outside customer
}

# What other people have put into a server's packet filter.
foreign_rules() {
  local server=$1
  {
    on "$server" iptables-legacy-save
    if has_ipv6; then on "$server" ip6tables-legacy-save; fi
    on "$server" ipset save
  } | grep -v -e '^#' -e mxban- | sed 's/ \[[0-9:]*\]$//'
}
