# SPDX-License-Identifier: GPL-2.0-or-later
# fish completion for vfio-doctor

set -l commands check groups snapshot diff manifest verify explain checks plugins
complete -c vfio-doctor -f -n "not __fish_seen_subcommand_from $commands" -a "$commands"
complete -c vfio-doctor -l device -x -a "(ls /sys/bus/pci/devices)" -d "Judge this device"
complete -c vfio-doctor -l domain -x -a "(virsh --readonly list --all --name 2>/dev/null)" -d "Judge what this domain takes"
complete -c vfio-doctor -n "__fish_seen_subcommand_from verify" -x -a "(virsh --readonly list --name 2>/dev/null)"
complete -c vfio-doctor -n "__fish_seen_subcommand_from verify" -l via -x -a "qga ssh:" -d "How to reach the guest"
complete -c vfio-doctor -n "__fish_seen_subcommand_from verify" -l wait -x -d "Seconds for the devices to appear"
complete -c vfio-doctor -n "__fish_seen_subcommand_from verify" -l manifest -r -d "What to expect"
complete -c vfio-doctor -n "__fish_seen_subcommand_from verify" -l evidence -r -d "Captured output of the guest"
complete -c vfio-doctor -l root -r -d "Read a directory that looks like /"
complete -c vfio-doctor -l from -r -d "Replay a snapshot"
complete -c vfio-doctor -l sample -x -a hm170 -d "Use an embedded machine"
complete -c vfio-doctor -l format -x -a "text json html markdown junit sarif svg" -d "How to write it"
complete -c vfio-doctor -s o -l output -r -d "Write to a file"
complete -c vfio-doctor -l fail-on -x -a "fail warn never" -d "What makes the exit code 1"
complete -c vfio-doctor -l color -x -a "auto always never"
complete -c vfio-doctor -l wake -d "Also read devices that are asleep"
complete -c vfio-doctor -n "__fish_seen_subcommand_from explain" -x -a "(vfio-doctor checks | string match -rg '^  (\S+)')"
