# SPDX-License-Identifier: GPL-2.0-or-later
# fish completion for vfio-guest-agent

complete -c vfio-guest-agent -f
complete -c vfio-guest-agent -l expect -r -F -d "Compare with a manifest"
complete -c vfio-guest-agent -l inventory -d "List PCI and USB devices"
complete -c vfio-guest-agent -l exercise -d "Make the devices work while it looks"
complete -c vfio-guest-agent -l dry-run -d "With --exercise, only say what it would do"
complete -c vfio-guest-agent -l format -x -a "text json" -d "How to print"
complete -c vfio-guest-agent -l wait -x -d "Seconds for the devices to appear"
complete -c vfio-guest-agent -l root -x -a "(__fish_complete_directories)" -d "Look at a directory that looks like /"
complete -c vfio-guest-agent -s v -l verbose -d "Show what each step rests on"
complete -c vfio-guest-agent -l version -d "Print the version"
complete -c vfio-guest-agent -l help -d "Print help"
