#!/usr/bin/env bash
# Follows docs/quick-start.md and docs/ansible.md on bare machines, from the Debian
# packages to an attacker whom the kernels of three relays refuse, and who is let in
# again.
#
#   quick_start_test.sh [FOLDER]   with mxban-*.deb, deploy/debian by default
#
# Needs root, debootstrap, a mirror of Debian, cgroups of version 2, and Ansible.
set -euo pipefail
source tests/deploy/relay_lab.sh
source tests/deploy/follow_page.sh

declare -A seen=()

is_in_set() { inside "$1" ipset -q test mxban-sendmail-logins-4 "$attacker"; }

# What the page does not show.
check_after() {
  local relay
  case $(<"$1") in
    *'curl '*)
      for relay in "${relays[@]}"; do
        eventually is_in_set "$relay"
        eventually is_refused "$relay"
        greets ban "$relay" || fail "$relay serves others"
      done
      seen[refused]=yes
      ;;
    *'mxbanctl unban '*)
      for relay in "${relays[@]}"; do
        eventually greets attacker "$relay"
      done
      seen[pardoned]=yes
      ;;
  esac
}

if [[ ${1:-} != --inside ]]; then run_inside "${1:-deploy/debian}"; fi
scratch=$2 cgroup=$3
trap end_lab EXIT
install_base "$scratch/base" "$4"
echo "$SECONDS s: Debian is there"

check_quick_start() {
  boot_lab
  follow_page docs/quick-start.md check_after
}

check_ansible() {
  boot_lab
  start_control_node
  follow_page docs/ansible.md check_after
  follow_page docs/quick-start.md check_after '^## 3\. An attacker'
}

for check in check_quick_start check_ansible; do
  seen=()
  "$check"
  [[ -n ${seen[refused]:-} && -n ${seen[pardoned]:-} ]] ||
    fail "the page bans an attacker and lets him in again"
  echo "$SECONDS s: $check"
done
echo "All is so."
