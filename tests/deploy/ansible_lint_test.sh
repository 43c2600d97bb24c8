#!/usr/bin/env bash
# The Ansible collection is as ansible-lint's profile for production wants it.
set -euo pipefail
export PATH=/usr/sbin:/usr/bin:/sbin:/bin LC_ALL=C.UTF-8

scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
# Roles are found by their full names only below such folders.
mkdir -p "$scratch/ansible_collections/mxban"
cp -rL deploy/ansible "$scratch/ansible_collections/mxban/fleet"
cd "$scratch/ansible_collections/mxban/fleet"
export HOME=$scratch ANSIBLE_COLLECTIONS_PATH=$scratch

files=(galaxy.yml meta/runtime.yml inventory/hosts.yml playbooks/*.yml roles/*)
ansible-lint --nocolor --offline --profile production "${files[@]}" 2>&1 | tee "$scratch/said"
# An inspection of nothing passes, too.
[[ $(sed -n 's/.* on \([0-9]*\) files.*/\1/p' "$scratch/said") -ge 20 ]]

# And it does tell what is wrong.
echo '- hosts: all' >playbooks/wrong.yml
! ansible-lint --nocolor --offline --profile production playbooks/wrong.yml >/dev/null 2>&1
