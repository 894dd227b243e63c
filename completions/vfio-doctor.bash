# SPDX-License-Identifier: GPL-2.0-or-later
# bash completion for vfio-doctor

_vfio_doctor_checks() { vfio-doctor checks 2>/dev/null | awk '/^  /{print $1}'; }

_vfio_doctor() {
  # Not from COMP_WORDS: to bash, an address is several words.
  local line=${COMP_LINE:0:COMP_POINT} words=() kept="" choices="" each command=""
  read -ra words <<< "$line"
  [[ $line == *[[:blank:]] ]] && words+=("")
  (( ${#words[@]} > 1 )) || return
  local word=${words[-1]} previous=${words[-2]}
  if [[ $word == --*=* ]]; then
    previous=${word%%=*}
    word=${word#*=}
  fi
  local common="--root --from --sample --plugin-dir --plugin-timeout --wake --color --verbose --version --help"
  local output="--format --output"
  local check="--device --domain --only --skip --fail-on $output"
  local commands="check groups snapshot diff manifest verify explain checks plugins"
  for each in "${words[@]:1:${#words[@]}-2}"; do
    [[ " $commands " == *" $each "* ]] && command=$each && break
  done
  COMPREPLY=()
  case $previous in
    --format)
      case $command in
        "" | check) choices="text json html markdown junit sarif" ;;
        groups) choices="text json svg" ;;
        *) choices="text json" ;;
      esac ;;
    --fail-on) choices="fail warn never" ;;
    --color) choices="auto always never" ;;
    --sample) choices="hm170" ;;
    --via) choices="qga ssh:" ;;
    --wait | --plugin-timeout) return ;;
    --root | --plugin-dir)
      mapfile -t COMPREPLY < <(compgen -d -- "$word")
      return ;;
    --from | --manifest | --evidence | -o | --output)
      mapfile -t COMPREPLY < <(compgen -f -- "$word")
      return ;;
    --domain | verify) choices=$(virsh --readonly list --all --name 2>/dev/null) ;;
    explain) choices="$(_vfio_doctor_checks) plugin verdict" ;;
    --only | --skip)
      choices=$(_vfio_doctor_checks | grep -v '^guest-')
      kept=${word%"${word##*,}"}
      word=${word##*,} ;;
    --device | manifest) choices=$(cd /sys/bus/pci/devices 2>/dev/null && echo *) ;;
  esac
  if [[ -z $choices || $word == -* ]]; then
    case $word,$command in
      -*,"" | -*,check) choices="$check $common" ;;
      -*,groups) choices="--skip $output $common" ;;
      -*,plugins) choices="--facts $output $common" ;;
      -*,checks | -*,diff) choices="$output $common" ;;
      -*,manifest) choices="--domain --output $common" ;;
      -*,verify) choices="--via --wait --manifest --evidence $output $common" ;;
      -*,explain) choices="--output $common" ;;
      -*,snapshot) choices="--output --no-redact $common" ;;
      *,"") choices=$commands ;;
      *,diff | *,verify) mapfile -t COMPREPLY < <(compgen -f -- "$word") ;;
    esac
  fi
  [[ -n $choices ]] && mapfile -t COMPREPLY < <(compgen -P "$kept" -W "$choices" -- "$word")
  # What stands before the last colon is a word of its own to bash, which keeps it.
  if [[ $word == *:* && $COMP_WORDBREAKS == *:* ]]; then
    kept=${word%"${word##*:}"}
    COMPREPLY=("${COMPREPLY[@]#"$kept"}")
  fi
}
complete -o filenames -F _vfio_doctor vfio-doctor
