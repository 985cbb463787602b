# guests.sh - what vcsim does not have: disks that a revert puts back. Sourced after
# hosts.sh and manager.sh.
#
# The disk of a host is its directory. keep_disks copies them all; nothing writes to
# them before their snapshots are taken, so that is what every snapshot holds. The
# watcher then reads vcsim's transcript: for each revert that arrives it puts that
# host's directory back. Vcsim's own delay of that task is longer than this takes.
# One line per revert in $work/reverts.

patch_script() {
    cat << 'EOF'
#!/bin/sh
# The appliance's installer. Its ledger is not on its disk: no revert undoes it.
set -eu
ledger=${HOME%/hosts/*}/ledgers/${HOME##*/}
echo "begun $TARGET" >> "$ledger"
echo "slipway-progress: 30 unpacking"
sleep 0.7
[ ! -e "$HOME/broken" ] || { echo "no room for $TARGET" >&2; exit 1; }
echo "$TARGET" > "$HOME/version.new"
mv "$HOME/version.new" "$HOME/version"
[ ! -e "$HOME/sick" ] || echo red > "$HOME/health"
echo "done $TARGET" >> "$ledger"
EOF
}

keep_disks() { rm -rf "$work/disks"; cp -a "$work/hosts" "$work/disks"; }

put_back() { # NAME
    [ -d "$work/disks/${1:-nobody}" ] || { echo "# a revert of nobody's snapshot" >&2; return; }
    cp -a "$work/disks/$1" "$work/disks/.$1.$$"
    mv "$work/hosts/$1" "$work/disks/.$1.old" && mv "$work/disks/.$1.$$" "$work/hosts/$1"
    rm -rf "$work/disks/.$1.old"
    echo "$1" >> "$work/reverts"
}

# stdin: vcsim's transcript. A task that ended tells whose a new snapshot is; where
# slipway found that out in another way, govc has to be asked.
watch_reverts() {
    declare -A vm_of
    grep -a -o --line-buffered -E -e '<RevertToSnapshot_Task [^/]*>snapshot-[0-9]+' \
        -e 'vm-[0-9]+</entityName><state>success</state><cancelled>false</cancelled><cancelable>false</cancelable><result [^/]*>snapshot-[0-9]+' |
        while read -r line; do
            snapshot=snapshot-${line##*snapshot-}
            case $line in
            vm-*) vm_of[$snapshot]=${line%%<*} ;;
            *)
                vm=${vm_of[$snapshot]:-$("$GOVC" object.collect -s "VirtualMachineSnapshot:$snapshot" vm | sed 's/^VirtualMachine://')}
                put_back "$(sed -n "s/^$vm //p" "$work/vcsim/hosts-of-vms")"
                ;;
            esac
        done
}

# start_guests COUNT: the watcher, for the hosts 0 to COUNT - 1. It ends with tail.
start_guests() {
    : > "$work/reverts"
    for i in $(seq 0 $(($1 - 1))); do
        echo "$(vm_field "$i" .self.value) $(name_of "$i")"
    done > "$work/vcsim/hosts-of-vms"
    mkfifo "$work/vcsim/transcript"
    watch_reverts < "$work/vcsim/transcript" &
    tail -n +1 -f "$trace" > "$work/vcsim/transcript" &
    helpers="$helpers $!"
}
