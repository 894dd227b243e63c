# SPDX-License-Identifier: GPL-2.0-or-later
# Sourced by quickstart: shows how far a build is. Bash, no side effects before a function is called.

# show_progress LOG: copies its input (what Ninja prints) to the end of LOG and shows how many steps are done: in place on a
# terminal, else a line for each tenth, so that nobody looks at a silent screen for minutes.
show_progress() {
  local line done_steps all_steps tenth=-1 terminal=no
  [ -t 1 ] && terminal=yes
  while IFS= read -r line; do
    printf '%s\n' "$line" >>"$1"
    [[ ! $line =~ Re-checking|Re-running && $line =~ ^\[([0-9]+)/([0-9]+)\] ]] || continue  # Ninja counts anew after those
    done_steps=${BASH_REMATCH[1]} all_steps=${BASH_REMATCH[2]}
    if [ "$terminal" = yes ]; then
      printf '\r  %s of %s steps' "$done_steps" "$all_steps"
    elif [ $((done_steps * 10 / all_steps)) -gt "$tenth" ]; then
      tenth=$((done_steps * 10 / all_steps))
      echo "  $done_steps of $all_steps steps"
    fi
  done
  if [ "$terminal" = yes ]; then printf '\r\033[K'; fi
}
