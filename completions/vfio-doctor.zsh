#compdef vfio-doctor
# SPDX-License-Identifier: GPL-2.0-or-later
# zsh completion for vfio-doctor; installed as _vfio-doctor

_vfio_doctor_checks() {
  local -a ids
  ids=(${(f)"$(vfio-doctor checks 2>/dev/null | awk '/^  /{print $1}')"} plugin verdict
    assignable with-companions protected blocked unsuitable undetermined)
  compadd -a ids
}
_vfio_doctor_formats() { compadd -- ${(f)"$(vfio-doctor help formats 2>/dev/null | awk '{print $1}')"} }
_vfio_doctor_check_list() {
  local -a ids
  ids=(${(f)"$(vfio-doctor checks 2>/dev/null | awk '/^  /{print $1}' | grep -v '^guest-')"})
  _values -s , check $ids
}
# The name stands beside each address.
_vfio_doctor_devices() {
  local -a addresses lines
  local line
  for line in ${(f)"$(vfio-doctor groups 2>/dev/null | sed -n 's/^  \([0-9a-f]*:[0-9a-f]*:[0-9a-f]*\.[0-7]\) \(.*\) \[[0-9a-f]*\]: \(.*\) \[.*/\1 \2: \3/p')"}; do
    [[ $PREFIX == <-> || $PREFIX == [0-9a-f]##:* && $PREFIX != 0000:* ]] && line=${line#0000:}
    addresses+=("${line%% *}")
    lines+=("$line")
  done
  compadd -l -d lines -a addresses
  compadd -X 'or a kind' gpu audio usb nvme wifi network
}
_vfio_doctor_domains() {
  (( $+commands[virsh] )) && compadd -- ${(f)"$(virsh --readonly list --all --name 2>/dev/null)"}
  _files -g '*.xml'
}

_vfio-doctor() {
  local -a common check commands_of
  local state command word
  commands_of=(
    'check:judge this host and its devices'
    'groups:list the IOMMU groups'
    'plan:what to do so that devices can go to a guest'
    'snapshot:keep what is read here, to replay it elsewhere'
    'diff:what changed between two reports or snapshots'
    'fleet:what many reports come to'
    'triage:find the cause in what somebody pasted'
    'manifest:write down what the guest should see'
    'verify:ask the guest whether its devices arrived and work'
    'guard:the hook of libvirt, which refuses starts that take what this host needs'
    'explain:show the page of a check'
    'checks:list every check'
    'plugins:list the plugins'
    'help:show the help of a command'
    'version:print the version'
    'bug-report:one run under the headings of a project'
  )
  common=(
    '(--from --sample)--root[read a directory that looks like /]:directory:_files -/'
    '(--root --sample)--from[replay a snapshot]:snapshot:_files'
    '(--root --from)--sample[use a recorded machine]:sample:(hm170)'
    '*--plugin-dir[look for plugins there]:directory:_files -/'
    '--plugin-timeout[seconds for each plugin]:seconds:'
    '--wake[also read devices that are asleep]'
    '--color=[colour]:when:(auto always never)'
    '(-v --verbose)'{-v,--verbose}'[show what passed as well]'
    '*'{-o,--output}'[write to a file]:file:_files'
    '(-V --version)'{-V,--version}'[print the version]'
    '(-h --help)'{-h,--help}'[print help]'
  )
  check=(
    '*--device[judge this device]:device:_vfio_doctor_devices'
    '--domain[judge what this domain takes]:domain:_vfio_doctor_domains'
    '*--only[report only these checks]:checks:_vfio_doctor_check_list'
    '*--skip[leave these checks out]:checks:_vfio_doctor_check_list'
    '--fail-on[what makes the exit code 1]:what:(fail warn never)'
    '*--accept[a risk that is known and taken]:check:_vfio_doctor_checks'
    '*--reason[why it is taken]:words:'
    '--config[accepted risks in a file]:file:_files'
    '(--all)--brief[one screen]'
    '(--brief)--all[everything]'
    '--identify[say which host this is]'
    '--fix[print a patch for the XML of the domain]'
    '*--format[how to write it]:format:_vfio_doctor_formats'
    '--json[the same as --format json]'
  )
  for word in ${words[2,CURRENT-1]}; do
    if (( ${commands_of[(I)$word:*]} )); then command=$word; break; fi
  done
  case $command in
    '') _arguments $common $check '1:command:->command' ;;
    check) _arguments $common $check '1:' ;;
    groups) _arguments $common '*--skip[leave these checks out]:checks:_vfio_doctor_check_list' \
      '*--format[how to write it]:format:(text json svg)' '--json[the same as --format json]' '1:' ;;
    plugins) _arguments $common '--facts[list the facts that plugins get]' '*--format[how to write it]:format:(text json)' '--json[the same as --format json]' '1:' ;;
    checks) _arguments $common '*--format[how to write it]:format:(text json)' '--json[the same as --format json]' '1:' ;;
    snapshot) _arguments $common '--no-redact[keep addresses and names as they are]' '1:' ;;
    diff) _arguments $common '*--format[how to write it]:format:(text json)' '--json[the same as --format json]' '1:' '2:before:_files' '3:after:_files' ;;
    fleet) _arguments $common '*--format[how to write it]:format:(text json html markdown)' '--json[the same as --format json]' \
      '--since[what changed since an earlier run]:file:_files' '--fail-on[what makes the exit code 1]:what:(fail warn never)' '1:' '2:reports:_files' ;;
    triage) _arguments $common '*--format[how to write it]:format:(text json html markdown)' '--redact[take addresses and names out]' '1:' '*:paste:_files' ;;
    guard) _arguments $common '--root-dir[install below this directory]:directory:_files -/' '1:' '2:what:(install uninstall status watch)' ;;
    plan) _arguments $common '--domain[for all that this guest takes]:domain:_vfio_doctor_domains' \
      '--bind[when vfio-pci gets the devices]:when:(auto now start guest)' '--companions[what shares a group]:how:(pass leave)' \
      '--virtual-functions[switch so many on]:number:' '--after[compare with a plan that was carried out]:plan:_files' \
      '*--accept[a risk that is known and taken]:check:_vfio_doctor_checks' '*--reason[why it is taken]:words:' \
      '--config[accepted risks in a file]:file:_files' '*--format[how to write it]:format:(text json xml qm qemu shell ansible)' \
      '--json[the same as --format json]' '1:' '*:device:_vfio_doctor_devices' ;;
    manifest) _arguments $common '--domain[what this domain takes]:domain:_vfio_doctor_domains' '1:' \
      '*:device:_vfio_doctor_devices' ;;
    verify) _arguments $common '*--format[how to write it]:format:(text json)' '--json[the same as --format json]' '--via[how to reach the guest]:way:(qga ssh\:)' \
      '--wait[seconds for the devices to appear]:seconds:' '--exercise[make the devices work while the agent looks]' \
      '--cycle[rounds of shutdown, start, reboot and reset]:rounds:' '--manifest[what to expect]:file:_files' \
      '*--evidence[captured output of the guest]:file:_files' '1:' '2:domain:_vfio_doctor_domains' ;;
    bug-report) _arguments $common '--for[whose form]:project:(libvirt qemu virt-manager proxmox nixos kernel)' \
      '*--device[about this device]:device:_vfio_doctor_devices' '--identify[say which host this is]' '1:' ;;
    explain) _arguments $common '1:' '2:check:_vfio_doctor_checks' ;;
    help) _arguments $common '1:' '2:command:->command' ;;
  esac
  [[ $state == command ]] && _describe command commands_of
}

_vfio-doctor "$@"
