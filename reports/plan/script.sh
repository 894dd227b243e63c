
# ---- the same in every plan -------------------------------------------------------------------------------------------------

usage() {
  cat <<'HELP'
usage: bash PLAN.sh            show the steps; nothing is changed
       bash PLAN.sh --apply    carry them out, as root; stops at the first failure, goes on where it stopped
       bash PLAN.sh --done ID  a step that is done by hand is done
       bash PLAN.sh --undo     back to how it was, as root
Exit codes: 0 done so far, 1 a step failed, 2 wrong usage, 3 refused: another machine, or the facts have changed, 4 a step is yours.
HELP
}

say() { printf '%s\n' "plan: $*"; }
refuse() { printf '%s\n' "plan: refused: $*" >&2; exit 3; }

# FNV-1a, 64 bits, as `vfio-doctor --identify` does it.
hash_of() {
  local text="vfio-doctor host $1" i code h=$((0xcbf29ce484222325))
  for ((i = 0; i < ${#text}; i++)); do
    printf -v code '%d' "'${text:i:1}"
    h=$(((h ^ (code & 255)) * 0x100000001b3))
  done
  printf '%016x' "$h"
}

first_line() {
  local line=
  [ ! -r "$1" ] || IFS= read -r line <"$1" || :
  printf '%s' "$line"
}

driver_of() {
  local link
  link=$(readlink "/sys/bus/pci/devices/$1/driver") || link=
  printf '%s' "${link##*/}"
}

check_machine() {
  case $machine in
    unknown) refuse "the plan was made where the machine's id could not be read; make it on the host itself" ;;
    none) [ ! -s /etc/machine-id ] || refuse "the plan was made for another machine" ;;
    *) [ "$(hash_of "$(first_line /etc/machine-id)")" = "$machine" ] || refuse "the plan was made for another machine" ;;
  esac
}

check_command_line() {
  local words
  words=$(tr -d '"' </proc/cmdline | tr -s ' \t\n' ' ')
  words=${words%% -- *}
  words=${words# }
  words=${words% }
  [ "$arguments" = "$(hash_of "$words")" ] || refuse "the kernel runs with another command line than when the plan was made"
}

# check_ids ADDRESS VENDOR DEVICE
check_ids() {
  local seen
  seen="$(first_line "/sys/bus/pci/devices/$1/vendor") $(first_line "/sys/bus/pci/devices/$1/device")"
  [ "$seen" = "$2 $3" ] || refuse "$1 is another device than when the plan was made ($seen instead of $2 $3)"
}

# check_group ADDRESS NUMBER MEMBER...; the number is empty where the function was in no group
check_group() {
  local address=$1 link number members
  link=$(readlink "/sys/bus/pci/devices/$address/iommu_group") || link=
  number=${link##*/}
  [ "$number" = "$2" ] || refuse "$address is in group '$number' now, not in '$2'"
  shift 2
  [ -n "$number" ] || return 0
  members=$(cd "/sys/kernel/iommu_groups/$number/devices" 2>/dev/null && printf '%s\n' * | LC_ALL=C sort | grep -E '^[0-9a-f]{4,8}:' | tr '\n' ' ')
  [ "${members% }" = "$*" ] || refuse "the group of $address has other members now: ${members% }"
}

# check_driver ADDRESS DRIVER
check_driver() {
  local now
  now=$(driver_of "$1")
  [ "$now" = "$2" ] || refuse "$1 is held by '$now' now, and was held by '$2' when the plan was made"
}

# look_at_driver ADDRESS DRIVER: says where it is not as before
look_at_driver() {
  if [ "$(driver_of "$1")" != "$2" ]; then
    say "$1 is held by '$(driver_of "$1")' and was held by '$2' before: mend that by hand, and run --undo again" >&2
    different=1
  fi
}

is_done() { [ -e "$state/done/$1" ]; }
number_of() { printf '%03d' "$1"; }

# Copies what a step may change, to bring it back byte by byte: keep STEP FILE...
keep() {
  local step=$1 i=0 file
  shift
  mkdir -p "$state/files/$step"
  for file in "$@"; do
    i=$((i + 1))
    [ ! -e "$state/files/$step/$i.name" ] || continue # kept before; what is there now may be half changed
    printf '%s' "$file" >"$state/files/$step/$i.name"
    [ ! -f "$file" ] || cp -p -- "$file" "$state/files/$step/$i.before"
  done
}

# What the step left there, to see later whether others changed it since.
note_after() {
  local name
  for name in "$state/files/$1/"*.name; do
    [ -e "$name" ] || continue
    [ ! -f "$(cat "$name")" ] || cp -p -- "$(cat "$name")" "${name%.name}.after"
  done
}

# Which of the kept files nobody changed since.
still_ours() {
  local base=${1%.name} file
  file=$(cat "$1")
  if [ -e "$base.after" ]; then cmp -s -- "$file" "$base.after"; else [ ! -e "$file" ]; fi
}

put_back() {
  local base=${1%.name} file
  file=$(cat "$1")
  if [ ! -e "$base.before" ]; then
    rm -f -- "$file"
  elif ! cmp -s -- "$file" "$base.before"; then
    if [ -e "$file" ]; then cat -- "$base.before" >"$file"; else cp -p -- "$base.before" "$file"; fi
  fi
}

# Shows each command; the function looks at every one.
run_commands() (
  failed=0
  PS4='+ '
  set -x
  "$1" || failed=1
  { set +x; } 2>/dev/null
  exit "$failed"
)

verified() { ("verify_$1") >/dev/null 2>&1; }

apply_step() {
  local i=$1 j id=${ids[$1]}
  if is_done "$id"; then return 0; fi
  say "step $((i + 1)) of ${#ids[@]}: $id"
  case ${kinds[$i]} in
    hand)
      if has_verify "$i" && verified "$i"; then
        touch "$state/done/$id"
        return 0
      fi
      "show_$i"
      say "this step is yours; when it is done: bash $0 --done $id, then --apply again"
      exit 4
      ;;
    reboot)
      if [ ! -e "$state/reboot-$id" ]; then first_line /proc/sys/kernel/random/boot_id >"$state/reboot-$id"; fi
      if [ "$(cat "$state/reboot-$id")" = "$(first_line /proc/sys/kernel/random/boot_id)" ]; then
        say "now start the host anew (reboot), then run this once more with --apply"
        exit 0
      fi
      touch "$state/done/$id"
      for ((j = 0; j < i; j++)); do
        if has_verify "$j" && ! verified "$j"; then
          say "${ids[$j]} did not take effect; vfio-doctor plan --after tells why" >&2
          exit 1
        fi
      done
      return 0
      ;;
  esac
  "files_$i"
  touch "$state/began-$id"
  if ! run_and_note "$i"; then
    say "step $id failed, and is taken back; --undo takes the ones before it back" >&2
    undo_step "$i"
    exit 1
  fi
  if takes_effect_now "$i" && has_verify "$i" && ! verified "$i"; then
    say "step $id was carried out and did not take effect" >&2
    exit 1
  fi
}

run_and_note() {
  local rc
  run_commands "do_$1"
  rc=$?
  note_after "${ids[$1]}"
  [ "$rc" -ne 0 ] || touch "$state/done/${ids[$1]}"
  return "$rc"
}

# A step that stands before a start of the host takes effect with it.
takes_effect_now() {
  local j
  for ((j = $1 + 1; j < ${#ids[@]}; j++)); do
    if [ "${kinds[$j]}" = reboot ]; then return 1; fi
  done
}

has_verify() { declare -F "verify_$1" >/dev/null; }

apply() {
  local i last=-1
  [ "$(id -u)" = 0 ] || refuse "only root can carry it out"
  check_machine
  check_identities
  if [ ! -e "$state/begun" ]; then
    check_command_line
    each_driver check_driver
    (umask 077 && mkdir -p "$state/done") || exit 1
    touch "$state/begun"
  fi
  for ((i = 0; i < ${#ids[@]}; i++)); do
    if [ "${kinds[$i]}" != hand ]; then last=$i; fi
  done
  for ((i = 0; i <= last; i++)); do apply_step "$i"; done
  say "done"
  for ((i = last + 1; i < ${#ids[@]}; i++)); do
    say "left for you: ${ids[$i]}"
    "show_$i"
  done
}

undo_step() {
  local i=$1 id=${ids[$1]} name ours=()
  [ -e "$state/began-$id" ] || return 0
  say "undo $id"
  for name in "$state/files/$id/"*.name; do
    if [ -e "$name" ] && still_ours "$name"; then ours+=("$name"); fi
  done
  run_commands "undo_$i" || say "not every command of the way back of $id succeeded" >&2
  for name in "${ours[@]}"; do put_back "$name" || exit 1; done
  rm -f "$state/began-$id" "$state/done/$id"
}

undo() {
  local i started=0 different
  [ "$(id -u)" = 0 ] || refuse "only root can undo it"
  check_machine
  if [ ! -e "$state/begun" ]; then
    say "nothing was done here"
    return 0
  fi
  for ((i = ${#ids[@]} - 1; i >= 0; i--)); do
    if [ "${kinds[$i]}" = reboot ] && [ -e "$state/reboot-${ids[$i]}" ]; then started=1; fi
    undo_step "$i"
    if [ -e "$state/done/${ids[$i]}" ] && [ "${kinds[$i]}" = hand ]; then say "done by hand, and yours to undo: ${ids[$i]}"; fi
  done
  if [ "$started" = 0 ]; then
    different=0
    each_driver look_at_driver
    [ "$different" = 0 ] || exit 1
  fi
  rm -rf -- "$state"
  say "undone"
  if [ "$started" = 1 ]; then say "start the host anew (reboot) for the rest of it"; fi
}

show() {
  local i
  usage
  for ((i = 0; i < ${#ids[@]}; i++)); do
    printf '\n%s\n' "$((i + 1)). ${ids[$i]}"
    "show_$i"
  done
}

done_by_hand() {
  local i
  for ((i = 0; i < ${#ids[@]}; i++)); do
    if [ "${ids[$i]}" = "$1" ] && [ "${kinds[$i]}" = hand ]; then
      [ -e "$state/begun" ] || refuse "run --apply first"
      touch "$state/done/$1"
      return 0
    fi
  done
  say "'$1' is no step that is done by hand" >&2
  exit 2
}

case ${1-} in
  '') show ;;
  --apply) apply ;;
  --undo) undo ;;
  --done) done_by_hand "${2-}" ;;
  -h | --help) usage ;;
  *)
    usage >&2
    exit 2
    ;;
esac
