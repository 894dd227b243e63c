# SPDX-License-Identifier: GPL-2.0-or-later
# fish completion for vfio-doctor

# "ADDRESS<tab>name": fish shows the name beside the address.
function __vfio_doctor_devices
    vfio-doctor groups 2>/dev/null | string match -r '^  [0-9a-f]+:.*' | string replace -r '^  (\S+) (.*) \[[0-9a-f]+\]: (.*) \[.*' '$1\t$2: $3'
    printf '%s\n' gpu audio usb nvme wifi network
end

# libvirt's domains where it is there, and files with the XML of one.
function __vfio_doctor_domains
    command -q virsh; and virsh --readonly list --all --name 2>/dev/null
    __fish_complete_path (commandline -ct | string replace -r '^--domain=' '') | string match -r '^[^\t]*(?:\.xml|/)(?:\t.*)?$'
end

# What stands before the last comma of the word stays: "iommu-active,io" offers "iommu-active,iommu-arguments".
function __vfio_doctor_list
    set -l kept (string match -r '^.*,' -- (commandline -ct | string replace -r '^--?[a-z-]+=' ''))
    for word in $argv
        printf '%s%s\n' "$kept" $word
    end
end

set -l commands check groups plan snapshot diff fleet triage manifest verify explain checks plugins guard bug-report help version
set -l judging "not __fish_seen_subcommand_from groups plan snapshot diff fleet triage manifest verify explain checks plugins guard bug-report"
set -l ids "(vfio-doctor checks 2>/dev/null | string match -r '^  \S+' | string trim)"
set -l host_ids "(vfio-doctor checks 2>/dev/null | string match -r '^  \S+' | string trim | string match -v 'guest-*')"

complete -c vfio-doctor -f
complete -c vfio-doctor -n "not __fish_seen_subcommand_from $commands" -a check -d "Judge this host and its devices"
complete -c vfio-doctor -n "not __fish_seen_subcommand_from $commands" -a groups -d "List the IOMMU groups"
complete -c vfio-doctor -n "not __fish_seen_subcommand_from $commands" -a plan -d "What to do so that devices can go to a guest"
complete -c vfio-doctor -n "not __fish_seen_subcommand_from $commands" -a snapshot -d "Keep what is read here, to replay it elsewhere"
complete -c vfio-doctor -n "not __fish_seen_subcommand_from $commands" -a diff -d "What changed between two reports or snapshots"
complete -c vfio-doctor -n "not __fish_seen_subcommand_from $commands" -a fleet -d "What many reports come to"
complete -c vfio-doctor -n "not __fish_seen_subcommand_from $commands" -a triage -d "Find the cause in what somebody pasted"
complete -c vfio-doctor -n "not __fish_seen_subcommand_from $commands" -a manifest -d "Write down what the guest should see"
complete -c vfio-doctor -n "not __fish_seen_subcommand_from $commands" -a verify -d "Ask the guest whether its devices work"
complete -c vfio-doctor -n "not __fish_seen_subcommand_from $commands" -a guard -d "libvirt's hook: refuse starts that would take what this host needs"
complete -c vfio-doctor -n "__fish_seen_subcommand_from guard" -a "install uninstall status watch"
complete -c vfio-doctor -n "__fish_seen_subcommand_from guard" -l root-dir -x -a "(__fish_complete_directories)" -d "Install below this directory"
complete -c vfio-doctor -n "not __fish_seen_subcommand_from $commands" -a explain -d "Show the page of a check"
complete -c vfio-doctor -n "not __fish_seen_subcommand_from $commands" -a checks -d "List every check"
complete -c vfio-doctor -n "not __fish_seen_subcommand_from $commands" -a plugins -d "List the plugins"
complete -c vfio-doctor -n "not __fish_seen_subcommand_from $commands" -a help -d "Show the help of a command"
complete -c vfio-doctor -n "not __fish_seen_subcommand_from $commands" -a version -d "Print the version"
complete -c vfio-doctor -n "__fish_seen_subcommand_from help" -a "$commands"
complete -c vfio-doctor -n "not __fish_seen_subcommand_from $commands" -a bug-report -d "One run under the headings of a project"

complete -c vfio-doctor -l root -x -a "(__fish_complete_directories)" -d "Read a directory that looks like /"
complete -c vfio-doctor -l from -r -F -d "Replay a snapshot"
complete -c vfio-doctor -l sample -x -a hm170 -d "Use a recorded machine"
complete -c vfio-doctor -l plugin-dir -x -a "(__fish_complete_directories)" -d "Look for plugins there"
complete -c vfio-doctor -l plugin-timeout -x -d "Seconds for each plugin"
complete -c vfio-doctor -l wake -d "Also read devices that are asleep"
complete -c vfio-doctor -l color -x -a "auto always never" -d "Colour"
complete -c vfio-doctor -s v -l verbose -d "Show what passed as well"
complete -c vfio-doctor -s V -l version -d "Print the version"
complete -c vfio-doctor -s h -l help -d "Print help"

complete -c vfio-doctor -n $judging -l device -x -a "(__vfio_doctor_devices)"
complete -c vfio-doctor -n $judging -l only -x -a "(__vfio_doctor_list $host_ids)" -d "Report only these checks"
complete -c vfio-doctor -n "$judging; or __fish_seen_subcommand_from groups" -l skip -x -a "(__vfio_doctor_list $host_ids)" -d "Leave these checks out"
complete -c vfio-doctor -n "$judging; or __fish_seen_subcommand_from fleet" -l fail-on -x -a "fail warn never" -d "What makes the exit code 1"
complete -c vfio-doctor -n "$judging; or __fish_seen_subcommand_from manifest plan" -l domain -x -a "(__vfio_doctor_domains)"
complete -c vfio-doctor -n "$judging; or __fish_seen_subcommand_from plan" -l accept -x -a "$host_ids" -d "A risk that is known and taken"
complete -c vfio-doctor -n "$judging; or __fish_seen_subcommand_from plan" -l reason -x -d "Why it is taken"
complete -c vfio-doctor -n "$judging; or __fish_seen_subcommand_from plan" -l config -r -F -d "Accepted risks in a file"
complete -c vfio-doctor -n $judging -l brief -d "One screen"
complete -c vfio-doctor -n $judging -l all -d "Everything"
complete -c vfio-doctor -n $judging -l fix -d "Print a patch for the XML of the domain"
complete -c vfio-doctor -n "$judging; or __fish_seen_subcommand_from bug-report" -l identify -d "Say which host this is"
complete -c vfio-doctor -n "__fish_seen_subcommand_from bug-report" -l for -x -a "libvirt qemu virt-manager proxmox nixos kernel" -d "Whose form"
complete -c vfio-doctor -n $judging -l format -x -a "(vfio-doctor help formats 2>/dev/null | string match -r '^\S+')" -d "How to write it"
complete -c vfio-doctor -n "__fish_seen_subcommand_from groups" -l format -x -a "text json svg" -d "How to write it"
complete -c vfio-doctor -n "__fish_seen_subcommand_from checks plugins verify diff" -l format -x -a "text json" -d "How to write it"
complete -c vfio-doctor -n "not __fish_seen_subcommand_from explain manifest snapshot" -l json -d "The same as --format json"
complete -c vfio-doctor -s o -l output -r -F -d "Write to a file"

complete -c vfio-doctor -n "__fish_seen_subcommand_from plugins" -l facts -d "List the facts that plugins get"
complete -c vfio-doctor -n "__fish_seen_subcommand_from snapshot" -l no-redact -d "Keep addresses and names as they are"
complete -c vfio-doctor -n "__fish_seen_subcommand_from diff fleet triage" -F
complete -c vfio-doctor -n "__fish_seen_subcommand_from fleet triage" -l format -x -a "text json html markdown" -d "How to write it"
complete -c vfio-doctor -n "__fish_seen_subcommand_from fleet" -l since -r -F -d "What changed since an earlier run"
complete -c vfio-doctor -n "__fish_seen_subcommand_from triage" -l redact -d "Take addresses and names out of what is quoted"
complete -c vfio-doctor -n "__fish_seen_subcommand_from plan" -l format -x -a "text json xml qm qemu shell ansible" -d "How to write it"
complete -c vfio-doctor -n "__fish_seen_subcommand_from plan" -l bind -x -a "auto now start guest" -d "When vfio-pci gets the devices"
complete -c vfio-doctor -n "__fish_seen_subcommand_from plan" -l companions -x -a "pass leave" -d "What shares a group"
complete -c vfio-doctor -n "__fish_seen_subcommand_from plan" -l virtual-functions -x -d "Switch so many virtual functions on"
complete -c vfio-doctor -n "__fish_seen_subcommand_from plan" -l after -r -F -d "Compare with a plan that was carried out"
complete -c vfio-doctor -n "__fish_seen_subcommand_from manifest plan" -a "(__vfio_doctor_devices)"
complete -c vfio-doctor -n "__fish_seen_subcommand_from verify" -a "(command -q virsh; and virsh --readonly list --name 2>/dev/null)"
complete -c vfio-doctor -n "__fish_seen_subcommand_from verify" -l via -x -a "qga ssh:" -d "How to reach the guest"
complete -c vfio-doctor -n "__fish_seen_subcommand_from verify" -l exercise -d "Make the devices work while the agent looks"
complete -c vfio-doctor -n "__fish_seen_subcommand_from verify" -l cycle -x -d "Rounds of shutdown, start, reboot and reset"
complete -c vfio-doctor -n "__fish_seen_subcommand_from verify" -l wait -x -d "Seconds for the devices to appear"
complete -c vfio-doctor -n "__fish_seen_subcommand_from verify" -l manifest -r -F -d "What to expect"
complete -c vfio-doctor -n "__fish_seen_subcommand_from verify" -l evidence -r -F -d "Captured output of the guest"
complete -c vfio-doctor -n "__fish_seen_subcommand_from explain" -a "$ids plugin verdict assignable with-companions protected blocked unsuitable undetermined"
