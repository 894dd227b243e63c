# SPDX-License-Identifier: GPL-2.0-or-later
# What a person gets who presses the tabulator key in bash, zsh and fish, on the recorded laptop and without virsh.
# usage: completions_test.sh PROGRAM SOURCE_DIRECTORY
set -eu
program=$1 completions=$2/completions
failures=0
directory=$(mktemp -d)
trap 'rm -rf "$directory"' EXIT

# The completions ask `vfio-doctor` about this machine; here that is the laptop. Nothing else is on the PATH but what they use.
mkdir "$directory/bin"
printf '#!/bin/sh\nexec "%s" --sample hm170 "$@"\n' "$program" >"$directory/bin/vfio-doctor"
chmod +x "$directory/bin/vfio-doctor"
for tool in awk sed grep sh cat env tr cut sort head uname mkdir ls stty sleep; do
  ln -s "$(command -v "$tool")" "$directory/bin/$tool"
done
mkdir "$directory/files"
touch "$directory/files/guest.xml" "$directory/files/notes.txt"
cd "$directory/files"

# `virsh` where it is installed and no libvirt runs: it complains and fails.
virsh_without_libvirt() {
  printf '#!/bin/sh\necho "error: failed to connect to the hypervisor" >&2\nexit 1\n' >"$directory/bin/virsh"
  chmod +x "$directory/bin/virsh"
}

bash_offers() {
  case $1 in vfio-guest-agent*) agent_in_bash "$1"; return ;; esac
  PATH=$directory/bin "$(command -v bash)" --norc -c '
    source "$1"; COMP_WORDBREAKS=$'"' \\t\\n=:'"'; COMP_LINE=$2; COMP_POINT=${#2}; _vfio_doctor; printf "%s\n" "${COMPREPLY[@]}"' \
    bash "$completions/vfio-doctor.bash" "$1" 2>&1
}

agent_in_bash() {
  PATH=$directory/bin "$(command -v bash)" --norc -c '
    source "$1"; read -ra words <<<"$2"; [[ $2 == *[[:blank:]] ]] && words+=("")
    _vfio_guest_agent vfio-guest-agent "${words[-1]}" "${words[-2]}"; printf "%s\n" "${COMPREPLY[@]}"' \
    bash "$completions/vfio-guest-agent.bash" "$1" 2>&1
}

fish_offers() {
  HOME=$directory XDG_CONFIG_HOME=$directory PATH=$directory/bin "$fish" --no-config -c \
    "source $completions/vfio-doctor.fish; source $completions/vfio-guest-agent.fish; complete -C '$1'" 2>&1
}

# A zsh on a terminal of its own, whose completion lists are what it prints after the key.
zsh_offers() {
  PATH=$directory/bin HOME=$directory "$zsh" -f "$directory/ask.zsh" "$zsh" "$completions" "$1" "$directory" 2>&1 | tr -d '\007'
}
cat >"$directory/ask.zsh" <<'END'
zmodload zsh/zpty
zpty -b shell "stty rows 200 cols 160; exec $1 -f -i"
say() { zpty -w shell "$1"; }
say "PS1='LISTEN'ING; unsetopt zle_bracketed_paste 2>/dev/null; fpath=($4/functions \$fpath); autoload -U compinit; compinit -u -d $4/zcompdump"
say "zstyle ':completion:*' list-max 0; LISTMAX=1000; setopt no_list_ambiguous no_auto_menu auto_list no_list_beep; compdef _vfio-doctor vfio-doctor; true"
text=""
typeset -F SECONDS=0
# The second prompt: the completion is loaded and the line editor listens.
while [[ $text != *LISTENING*LISTENING* && SECONDS -lt 60 ]]; do zpty -r -t shell piece && text+=$piece || sleep 0.05; done
# One key; then the line is thrown away and a command says that all before it is done.
zpty -w -n shell "$3"$'\t'
zpty -w shell $'\C-a\C-k'"print FINI''SHED"
text=""
while [[ $text != *FINISHED* && SECONDS -lt 90 ]]; do zpty -r -t shell piece && text+=$piece || sleep 0.05; done
print -r -- $text
zpty -d shell
END
mkdir "$directory/functions"
cp "$completions/vfio-doctor.zsh" "$directory/functions/_vfio-doctor"
cp "$completions/vfio-guest-agent.zsh" "$directory/functions/_vfio-guest-agent"

# expect SHELL LINE PATTERN / refuse SHELL LINE PATTERN: what is offered has, or has not, a line that matches.
expect() {
  if ! "$1_offers" "$2" | grep -qE -e "$3"; then
    failures=$((failures + 1))
    echo "FAILED: $1: '$2' does not offer $3; it offers:"
    "$1_offers" "$2" | head -n 12
  fi
}
refuse() {
  if "$1_offers" "$2" | grep -qE -e "$3"; then
    failures=$((failures + 1))
    echo "FAILED: $1: '$2' offers $3:"
    "$1_offers" "$2" | head -n 12
  fi
}

tried=""
fish=$(command -v fish || true)
zsh=$(command -v zsh || true)
for shell in bash fish zsh; do
  command -v "$shell" >/dev/null || { echo "$shell is not installed: not tried"; continue; }
  tried="$tried $shell"
  expect "$shell" "vfio-doctor --device " '03:00\.0.*Wireless 8260'
  expect "$shell" "vfio-doctor --domain " 'guest\.xml'
  refuse "$shell" "vfio-doctor --domain " 'virsh|notes\.txt|snapshot'
  expect "$shell" "vfio-doctor he" 'help'
  expect "$shell" "vfio-doctor pla" 'plan'
  expect "$shell" "vfio-doctor plan --format " 'ansible'
  expect "$shell" "vfio-doctor plan --bind " 'start'
  expect "$shell" "vfio-doctor explain assi" 'assignable'
  expect "$shell" "vfio-doctor fl" 'fleet'
  expect "$shell" "vfio-doctor fleet --si" 'since'
  expect "$shell" "vfio-doctor fleet --format ma" 'markdown'
  expect "$shell" "vfio-doctor --format prom" 'prometheus'
  expect "$shell" "vfio-guest-agent --inv" 'inventory'
  expect "$shell" "vfio-guest-agent --format " 'json'
  refuse "$shell" "vfio-guest-agent --format " 'guest\.xml|html'
  virsh_without_libvirt
  expect "$shell" "vfio-doctor --domain " 'guest\.xml'
  refuse "$shell" "vfio-doctor --domain " 'error|hypervisor|snapshot'
  rm "$directory/bin/virsh"
done
case $tried in *fish*)
  expect fish "vfio-doctor --only iommu-active,io" 'iommu-active,iommu-arguments'
  expect fish "vfio-doctor manifest 0000:03" '0000:03:00\.0' ;;
esac
case $tried in *zsh*) expect zsh "vfio-doctor --color=al" 'always' ;; esac
expect bash "vfio-doctor --device 3e" '^3e:00\.0$'
expect bash "vfio-doctor --device 03:00.0,3e" '^03:00\.0,3e:00\.0$'
expect bash "vfio-doctor --device wi" '^wifi$'
[ "$failures" = 0 ] && echo "tried:$tried" && exit 0
exit 1
