# SPDX-License-Identifier: GPL-2.0-or-later
# What a person sees while scripts/quickstart builds. usage: progress_test.sh SOURCE_DIRECTORY
set -eu
. "$1/scripts/progress.sh"
fail() { echo "FAILED: $1" >&2; exit 1; }
directory=$(mktemp -d)
trap 'rm -rf "$directory"' EXIT

# As Ninja prints it: it counts its own first step by itself, then what is to be done.
ninja_says() {
  echo '[0/2] Re-checking globbed directories...'
  for step in $(seq 1 40); do echo "[$step/40] Building CXX object $step.o"; done
}
said=$(ninja_says | show_progress "$directory/log")
[ "$(printf '%s\n' "$said" | grep -c .)" -le 11 ] || fail "more than a line for each tenth: $said"
printf '%s\n' "$said" | grep -qx '  40 of 40 steps' || fail "the last step is not told: $said"
if printf '%s\n' "$said" | grep -q 'of 2 steps'; then fail "Ninja's own step is told: $said"; fi
[ "$(grep -c . "$directory/log")" = 41 ] || fail "the log lacks lines"
echo ok
