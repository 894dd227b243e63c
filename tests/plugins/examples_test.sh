# SPDX-License-Identifier: GPL-2.0-or-later
# usage: examples_test.sh VFIO_DOCTOR EXAMPLE_PLUGINS
set -eu
doctor=$1 plugins=$2
fail() { echo "FAILED: $1" >&2; exit 1; }

list=$("$doctor" plugins --plugin-dir "$plugins")
[ "$(printf '%s\n' "$list" | grep -c '^accepted')" = 3 ] || fail "not all three examples are accepted:
$list"

# The sample is the laptop whose wireless card the Python example keeps for the host.
report=$("$doctor" --sample hm170 --plugin-dir "$plugins" --format json) || [ $? -le 3 ]
finding() {
  printf '%s' "$report" | /usr/bin/python3 -c '
import json, sys
for one in json.load(sys.stdin)["findings"]:
    if one["id"] == sys.argv[1]:
        print(one["status"], one["subject"])' "$1"
}
[ "$(finding example-reserved-devices)" = "warn 0000:03:00.0" ] || fail "Python: $(finding example-reserved-devices)"
[ "$(finding example-memory-node)" = "not-applicable host" ] || fail "C++: $(finding example-memory-node)"
[ -n "$(finding example-supported-kernel)" ] || fail "shell: it said nothing"
[ -z "$(finding plugin)" ] || fail "an example failed"
verdict=$(printf '%s' "$report" | /usr/bin/python3 -c '
import json, sys
print([one["verdict"] for one in json.load(sys.stdin)["devices"] if one["address"] == "0000:03:00.0"][0])')
[ "$verdict" = protected ] || fail "the reserved device is $verdict"

# Facts the sample does not have: written by hand.
run() { printf '%s\n' "$2" | "$plugins/vfio-doctor-check-example-$1" run; }
nodes='{"facts":{"pci":{"functions":[{"address":"0000:01:00.0","numa_node":0,"is_bridge":false},{"address":"0000:81:00.0","numa_node":1,"is_bridge":false}]}}}'
[ "$(run cpp "$nodes" | grep -c '"status":"pass"')" = 2 ] || fail "C++ with two memory nodes"
run cpp '{"facts":{"pci":{"functions":{"unreadable":"no"}}}}' | grep -q unknown || fail "C++ without facts"
run python '{"facts":{"pci":{"functions":{"unreadable":"no"}}}}' | grep -q unknown || fail "Python without facts"
run shell '{"facts":{"kernel":{"release":"5.10.0"}}}' | grep -q '"warn"' || fail "shell with an old kernel"
run shell '{"facts":{"kernel":{"release":"6.1.0"}}}' | grep -q '"pass"' || fail "shell with a new kernel"
run shell '{"facts":{"kernel":{"release":{"unreadable":"no"}}}}' | grep -q unknown || fail "shell without facts"
