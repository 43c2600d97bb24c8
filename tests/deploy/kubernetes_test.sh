#!/usr/bin/env bash
# What deploy/kubernetes renders to: each object is valid by the published
# schemas of Kubernetes and cert-manager, with no field that they do not know,
# and what the objects say of each other holds. And a broken object is noticed.
set -euo pipefail

work=$(mktemp -d "${TEST_TMPDIR:-/tmp}/kubernetes.XXXXXX")
trap 'rm -rf "$work"' EXIT
export HOME=$work
schemas=tests/deploy/schemas

# By the lock file: these versions with these hashes, and no script of theirs.
cp -L "$schemas"/package{,-lock}.json "$work/"
(cd "$work" && npm ci --ignore-scripts --no-audit --no-fund >npm.log 2>&1) ||
  { cat "$work/npm.log" >&2; exit 1; }
# Kustomize reads no file through a link that leads out of its folder.
cp -rL deploy/kubernetes "$work/kubernetes"

fail() {
  echo "FAILED: $1" >&2
  exit 1
}

validate() { node "$schemas/validate.mjs" "$work/node_modules"; }

for folder in base overlays/nodes overlays/nodes-csi overlays/sidecar; do
  echo "== $folder"
  name=$(basename "$folder")
  kubectl kustomize "$work/kubernetes/$folder" >"$work/$name.yaml"
  validate <"$work/$name.yaml" || fail "$folder is not valid"
done

# What the Certificate writes is what the coordinator mounts.
[[ $(grep -c 'secretName: mxban-coordinator-tls' "$work/base.yaml") -eq 2 ]] ||
  fail "the coordinator's Secret is not the one its Certificate makes"

# An agent has the capabilities that its unit has, and no more.
unit=$(sed -n 's/^CapabilityBoundingSet=//p' deploy/systemd/mxban-agent.service |
  tr ' ' '\n' | sed 's/^CAP_//' | sort)
for name in nodes nodes-csi sidecar; do
  added=$(sed -n '/ add:$/,/ drop:$/s/^ *- \([A-Z_]*\)$/\1/p' \
    "$work/$name.yaml" | sort)
  [[ $added == "$unit" ]] || fail "$name: capabilities are $added"
done
grep -q 'path: /etc/mxban/tls' "$work/nodes.yaml" || fail "nodes: certificate"
grep -q 'path: /etc/mxban/tls' "$work/nodes-csi.yaml" &&
  fail "nodes-csi keeps the node's certificate"

# The relay's first process is the relay, as whose end the container's others
# end; what it says is in the file and on standard output.
mkdir "$work/log"
wrapper=$(sed -n '/^            - |$/,/^            - relay$/{
  s#/var/log/relay#'"$work/log"'#; s/^              //p }' \
  deploy/kubernetes/overlays/sidecar/relay.yaml)
# shellcheck disable=SC2016  # The relay's shell expands it.
said=$(unshare --pid --fork --kill-child timeout --foreground 20 \
  sh -c "$wrapper" relay sh -c 'echo a line >&2
    until grep -qx "a line" "$1" 2>/dev/null; do :; done' - "$work/log/mail.log")
[[ $said == "a line" && $(<"$work/log/mail.log") == "a line" ]] ||
  fail "the relay's output is: $said"

# Each of these is wrong, and would be refused or dropped by an API server.
for damage in 's/readOnlyRootFilesystem/readOnlyRootFileSystem/' \
  's/replicas: 1/replicas: one/' 's/minAvailable/minimumAvailable/' \
  's/isCA: true/isCa: true/' 's/issuerRef/issuer/' 's#apps/v1$#apps/v1beta7#'; do
  sed "$damage" "$work/nodes.yaml" >"$work/damaged.yaml"
  cmp -s "$work/nodes.yaml" "$work/damaged.yaml" && fail "$damage changes nothing"
  validate <"$work/damaged.yaml" >"$work/damaged.log" &&
    fail "not noticed: $damage"
done
echo passed
