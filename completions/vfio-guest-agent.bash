# SPDX-License-Identifier: GPL-2.0-or-later
# bash completion for vfio-guest-agent

_vfio_guest_agent() {
  local word=$2 previous=$3 choices="--expect --inventory --exercise --dry-run --format --wait --root --verbose --version --help"
  COMPREPLY=()
  case $previous in
    --format) choices="text json" ;;
    --wait) return ;;
    --expect)
      compopt -o filenames 2>/dev/null
      mapfile -t COMPREPLY < <(compgen -f -- "$word")
      return ;;
    --root)
      compopt -o filenames 2>/dev/null
      mapfile -t COMPREPLY < <(compgen -d -- "$word")
      return ;;
  esac
  mapfile -t COMPREPLY < <(compgen -W "$choices" -- "$word")
}
complete -F _vfio_guest_agent vfio-guest-agent
