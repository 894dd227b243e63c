#compdef vfio-guest-agent
# SPDX-License-Identifier: GPL-2.0-or-later
# zsh completion for vfio-guest-agent; installed as _vfio-guest-agent

_arguments \
  '(--inventory)--expect[compare with a manifest]:manifest:_files' \
  '(--inventory)--exercise[make the devices work while it looks]' \
  '(--inventory)--dry-run[with --exercise, only say what it would do]' \
  '(--expect --wait --exercise --dry-run)--inventory[list PCI and USB devices]' \
  '--format[how to print]:format:(text json)' \
  '(--inventory)--wait[seconds for the devices to appear]:seconds:' \
  '--root[look at a directory that looks like /]:directory:_files -/' \
  '(-v --verbose)'{-v,--verbose}'[show what each step rests on]' \
  '--version[print the version]' \
  '--help[print help]'
