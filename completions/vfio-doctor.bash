# SPDX-License-Identifier: GPL-2.0-or-later
# bash completion for vfio-doctor

_vfio_doctor() {
  local word=${COMP_WORDS[COMP_CWORD]} previous=${COMP_WORDS[COMP_CWORD - 1]}
  local commands="check groups snapshot diff manifest verify explain checks plugins"
  local options="--device --domain --root --from --sample --format --output --only --skip --fail-on --plugin-dir --wake --color
    --verbose --version --help --via --wait --manifest --evidence"
  case $previous in
    --format) COMPREPLY=($(compgen -W "text json html markdown junit sarif svg" -- "$word")) ;;
    --fail-on) COMPREPLY=($(compgen -W "fail warn never" -- "$word")) ;;
    --color) COMPREPLY=($(compgen -W "auto always never" -- "$word")) ;;
    --sample) COMPREPLY=($(compgen -W "hm170" -- "$word")) ;;
    --root | --plugin-dir) COMPREPLY=($(compgen -d -- "$word")) ;;
    --via) COMPREPLY=($(compgen -W "qga ssh:" -- "$word")) ;;
    --domain | verify) COMPREPLY=($(compgen -W "$(virsh --readonly list --all --name 2>/dev/null)" -- "$word")) ;;
    --from | --manifest | --evidence | -o | --output) COMPREPLY=($(compgen -f -- "$word")) ;;
    explain | --only | --skip) COMPREPLY=($(compgen -W "$(vfio-doctor checks 2>/dev/null | awk '/^  /{print $1}')" -- "$word")) ;;
    --device)
      local addresses
      addresses=$(cd /sys/bus/pci/devices 2>/dev/null && echo *)
      COMPREPLY=($(compgen -W "$addresses" -- "$word"))
      __ltrim_colon_completions "$word" 2>/dev/null
      ;;
    *)
      if [[ $word == -* ]]; then COMPREPLY=($(compgen -W "$options" -- "$word"))
      else COMPREPLY=($(compgen -W "$commands" -f -- "$word")); fi
      ;;
  esac
}
complete -F _vfio_doctor vfio-doctor
