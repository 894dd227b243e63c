# SPDX-License-Identifier: GPL-2.0-or-later
# bash completion for vfio-doctor

_vfio_doctor_checks() { vfio-doctor checks 2>/dev/null | awk '/^  /{print $1}'; }

# "0000:03:00.0 Network controller: Intel Corporation Wireless 8260", one line a device.
_vfio_doctor_devices() {
  vfio-doctor groups 2>/dev/null | sed -n 's/^  \([0-9a-f]*:[0-9a-f]*:[0-9a-f]*\.[0-7]\) \(.*\) \[[0-9a-f]*\]: \(.*\) \[.*/\1 \2: \3/p'
}

# libvirt's domains where it is there; nothing and no complaint where it is not.
_vfio_doctor_domains() { command -v virsh >/dev/null && virsh --readonly list --all --name 2>/dev/null; }

# Files with one of these endings, and directories to go through.
_vfio_doctor_files() {  # WORD ENDING...
  local word=$1 ending
  shift
  compgen -d -- "$word"
  for ending in "$@"; do compgen -f -X "!*.$ending" -- "$word"; done
}

# Fills COMPREPLY with the devices that fit. While several do, each is shown with its name; their addresses differ, so no part of
# a name gets into the line. Without a domain in the word there is none in what is offered.
_vfio_doctor_offer_devices() {  # WORD KEPT
  local word=$1 kept=$2 line
  COMPREPLY=()
  while IFS= read -r line; do
    [[ $word && 0000:0000: != "$word"* && $word != 0000:* ]] && line=${line#0000:}
    [[ ${line%% *} == "$word"* ]] && COMPREPLY+=("$kept$line")
  done < <(_vfio_doctor_devices)
  (( ${#COMPREPLY[@]} == 1 )) && COMPREPLY=("${COMPREPLY[0]%% *}")
}

_vfio_doctor() {
  # Not from COMP_WORDS: to bash, an address is several words.
  local line=${COMP_LINE:0:COMP_POINT} words=() kept="" choices="" each command="" offer=words
  read -ra words <<< "$line"
  [[ $line == *[[:blank:]] ]] && words+=("")
  (( ${#words[@]} > 1 )) || return
  local word=${words[-1]} previous=${words[-2]}
  if [[ $word == --*=* ]]; then
    previous=${word%%=*}
    word=${word#*=}
  fi
  local common="--root --from --sample --plugin-dir --plugin-timeout --wake --color --verbose --version --help"
  local output="--format --json --output"
  local check="--device --domain --only --skip --fail-on --accept --reason --config --brief --all --identify --fix $output"
  local commands="check groups plan snapshot diff fleet triage manifest verify explain checks plugins guard bug-report help version"
  local kinds="gpu audio usb nvme wifi network"
  for each in "${words[@]:1:${#words[@]}-2}"; do
    [[ " $commands " == *" $each "* ]] && command=$each && break
  done
  COMPREPLY=()
  case $previous in
    --format)
      case $command in
        "" | check) choices=$(vfio-doctor help formats 2>/dev/null | awk '{print $1}') ;;
        groups) choices="text json svg" ;;
        plan) choices="text json xml qm qemu shell ansible" ;;
        fleet | triage) choices="text json html markdown" ;;
        *) choices="text json" ;;
      esac ;;
    --fail-on) choices="fail warn never" ;;
    --bind) choices="auto now start guest" ;;
    --companions) choices="pass leave" ;;
    --for) choices="libvirt qemu virt-manager proxmox nixos kernel" ;;
    --reason) return ;;
    --color) choices="auto always never" ;;
    --sample) choices="hm170" ;;
    --via) choices="qga ssh:" ;;
    --wait | --cycle | --plugin-timeout | --virtual-functions) return ;;
    --root | --root-dir | --plugin-dir)
      compopt -o filenames 2>/dev/null
      mapfile -t COMPREPLY < <(compgen -d -- "$word")
      return ;;
    --from | --manifest | --evidence | --config | --after | --since | -o | --output)
      compopt -o filenames 2>/dev/null
      mapfile -t COMPREPLY < <(compgen -f -- "$word")
      return ;;
    --domain)
      compopt -o filenames 2>/dev/null
      mapfile -t COMPREPLY < <(compgen -W "$(_vfio_doctor_domains)" -- "$word"; _vfio_doctor_files "$word" xml)
      return ;;
    verify) mapfile -t COMPREPLY < <(compgen -W "$(_vfio_doctor_domains)" -- "$word") && [[ $word != -* ]] && return ;;
    explain) choices="$(_vfio_doctor_checks) plugin verdict assignable with-companions protected blocked unsuitable undetermined" ;;
    help) choices=$commands ;;
    --accept) choices=$(_vfio_doctor_checks | grep -v '^guest-') ;;
    guard) choices="install uninstall status watch" ;;
    --only | --skip)
      choices=$(_vfio_doctor_checks | grep -v '^guest-')
      kept=${word%"${word##*,}"}
      word=${word##*,} ;;
    --device)
      kept=${word%"${word##*,}"}
      word=${word##*,}
      offer=devices choices=$kinds ;;
    manifest | plan) offer=devices choices=$kinds ;;
  esac
  if [[ -z $choices || $word == -* ]]; then
    offer=words
    case $word,$command in
      -*,"" | -*,check) choices="$check $common" ;;
      -*,groups) choices="--skip $output $common" ;;
      -*,plugins) choices="--facts $output $common" ;;
      -*,checks | -*,diff) choices="$output $common" ;;
      -*,fleet) choices="--since --fail-on $output $common" ;;
      -*,triage) choices="--redact $output $common" ;;
      -*,plan) choices="--domain --bind --companions --virtual-functions --after --accept --reason --config $output $common" ;;
      -*,manifest) choices="--domain --output $common" ;;
      -*,verify) choices="--via --wait --exercise --cycle --manifest --evidence $output $common" ;;
      -*,explain) choices="--output $common" ;;
      -*,bug-report) choices="--for --device --domain --only --skip --accept --reason --config --identify --output $common" ;;
      -*,guard) choices="--root-dir $common" ;;
      -*,snapshot) choices="--output --no-redact $common" ;;
      *,"") choices=$commands ;;
      *,manifest | *,plan) offer=devices choices=$kinds ;;
      *,diff | *,fleet | *,triage | *,verify)
        compopt -o filenames 2>/dev/null
        mapfile -t COMPREPLY < <(compgen -f -- "$word") ;;
    esac
  fi
  [[ $offer == devices ]] && _vfio_doctor_offer_devices "$word" "$kept"
  if [[ -n $choices ]]; then
    mapfile -t -O "${#COMPREPLY[@]}" COMPREPLY < <(compgen -P "$kept" -W "$choices" -- "$word")
  fi
  # What stands before the last colon is a word of its own to bash, which keeps it.
  if [[ $word == *:* && $COMP_WORDBREAKS == *:* ]]; then
    kept=${word%"${word##*:}"}
    COMPREPLY=("${COMPREPLY[@]#"$kept"}")
  fi
}
complete -F _vfio_doctor vfio-doctor
