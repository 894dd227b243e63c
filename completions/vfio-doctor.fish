# SPDX-License-Identifier: GPL-2.0-or-later
# fish completion for vfio-doctor

set -l commands check groups snapshot diff manifest verify explain checks plugins
set -l judging "not __fish_seen_subcommand_from groups snapshot diff manifest verify explain checks plugins"
set -l ids "(vfio-doctor checks 2>/dev/null | string match -r '^  \S+' | string trim)"
set -l host_ids "(vfio-doctor checks 2>/dev/null | string match -r '^  \S+' | string trim | string match -v 'guest-*')"

complete -c vfio-doctor -f
complete -c vfio-doctor -n "not __fish_seen_subcommand_from $commands" -a check -d "Judge this host and its devices"
complete -c vfio-doctor -n "not __fish_seen_subcommand_from $commands" -a groups -d "List the IOMMU groups"
complete -c vfio-doctor -n "not __fish_seen_subcommand_from $commands" -a snapshot -d "Keep what is read here, to replay it elsewhere"
complete -c vfio-doctor -n "not __fish_seen_subcommand_from $commands" -a diff -d "What changed between two reports or snapshots"
complete -c vfio-doctor -n "not __fish_seen_subcommand_from $commands" -a manifest -d "Write down what the guest should see"
complete -c vfio-doctor -n "not __fish_seen_subcommand_from $commands" -a verify -d "Ask the guest whether its devices work"
complete -c vfio-doctor -n "not __fish_seen_subcommand_from $commands" -a explain -d "Show the page of a check"
complete -c vfio-doctor -n "not __fish_seen_subcommand_from $commands" -a checks -d "List every check"
complete -c vfio-doctor -n "not __fish_seen_subcommand_from $commands" -a plugins -d "List the plugins"

complete -c vfio-doctor -l root -x -a "(__fish_complete_directories)" -d "Read a directory that looks like /"
complete -c vfio-doctor -l from -r -F -d "Replay a snapshot"
complete -c vfio-doctor -l sample -x -a hm170 -d "Use a recorded machine"
complete -c vfio-doctor -l plugin-dir -x -a "(__fish_complete_directories)" -d "Look for plugins there"
complete -c vfio-doctor -l plugin-timeout -x -d "Seconds for each plugin"
complete -c vfio-doctor -l wake -d "Also read devices that are asleep"
complete -c vfio-doctor -l color -x -a "auto always never" -d "Colour"
complete -c vfio-doctor -s v -l verbose -d "Show what passed as well"
complete -c vfio-doctor -l version -d "Print the version"
complete -c vfio-doctor -s h -l help -d "Print help"

complete -c vfio-doctor -n $judging -l device -x -a "(ls /sys/bus/pci/devices 2>/dev/null)" -d "Judge this device"
complete -c vfio-doctor -n $judging -l only -x -a "$host_ids" -d "Report only these checks"
complete -c vfio-doctor -n "$judging; or __fish_seen_subcommand_from groups" -l skip -x -a "$host_ids" -d "Leave these checks out"
complete -c vfio-doctor -n $judging -l fail-on -x -a "fail warn never" -d "What makes the exit code 1"
complete -c vfio-doctor -n "$judging; or __fish_seen_subcommand_from manifest" -l domain -x -a "(virsh --readonly list --all --name 2>/dev/null)" -d "What this domain takes"
complete -c vfio-doctor -n $judging -l format -x -a "text json html markdown junit sarif" -d "How to write it"
complete -c vfio-doctor -n "__fish_seen_subcommand_from groups" -l format -x -a "text json svg" -d "How to write it"
complete -c vfio-doctor -n "__fish_seen_subcommand_from checks plugins verify diff" -l format -x -a "text json" -d "How to write it"
complete -c vfio-doctor -s o -l output -r -F -d "Write to a file"

complete -c vfio-doctor -n "__fish_seen_subcommand_from plugins" -l facts -d "List the facts that plugins get"
complete -c vfio-doctor -n "__fish_seen_subcommand_from snapshot" -l no-redact -d "Keep addresses and names as they are"
complete -c vfio-doctor -n "__fish_seen_subcommand_from diff" -F
complete -c vfio-doctor -n "__fish_seen_subcommand_from manifest" -a "(ls /sys/bus/pci/devices 2>/dev/null)"
complete -c vfio-doctor -n "__fish_seen_subcommand_from verify" -a "(virsh --readonly list --name 2>/dev/null)"
complete -c vfio-doctor -n "__fish_seen_subcommand_from verify" -l via -x -a "qga ssh:" -d "How to reach the guest"
complete -c vfio-doctor -n "__fish_seen_subcommand_from verify" -l wait -x -d "Seconds for the devices to appear"
complete -c vfio-doctor -n "__fish_seen_subcommand_from verify" -l manifest -r -F -d "What to expect"
complete -c vfio-doctor -n "__fish_seen_subcommand_from verify" -l evidence -r -F -d "Captured output of the guest"
complete -c vfio-doctor -n "__fish_seen_subcommand_from explain" -a "$ids plugin verdict"
