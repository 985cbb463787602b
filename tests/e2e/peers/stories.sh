# stories.sh - what happens on the peers. Sourced by peers.sh.

# Ten hosts without a manager: one has a broken installer, and there is no way back.
story_sshd_alone() {
    state=$work/state-alone
    export SLIPWAY_STATE=$state
    touch "$work/hosts/vc-0007/broken"
    { fleet_defaults; manager_url='' fleet "$(seq 0 9)"; } > "$work/fleet-alone.yaml"
    forget_connections
    start "$(campaign alone none fleet-alone.yaml 1.1.0 "name is not null")"
    rm "$work/hosts/vc-0007/broken"
    check "sshd alone: the broken one parks for a human, the others are there" equal \
        "$code $(states)" "4 parked 1, succeeded 9"
    check "sshd alone: its reason is the installer's own" \
        grep -q 'no room for 1.1.0' <(sql "select reason from target where name = 'vc-0007'")
    check "sshd alone: nine have the version" equal "$(installed 1.1.0)" 9
    check "sshd alone: each installer ran once" equal "$(cat "$work"/ledgers/* | grep -c '^begun')" 10
    check "sshd alone: no more than two connections to a host" test "$(most_connections)" -le 2
}

# A host whose key is not the pinned one gets nothing: no user name, no signature.
story_changed_host_key() {
    state=$work/state-key
    export SLIPWAY_STATE=$state
    serve strange "$work/sshd/other_key" DEBUG1 "$strange" "$strange"
    { fleet_defaults; manager_url='' fleet "$strange"; } > "$work/fleet-key.yaml"
    log=$work/sshd/strange.log
    cp "$work/known_hosts" "$work/right_hosts"
    sed -i "s|^\(\[$(address_of "$strange")\]:[0-9]*\) .*|\1 $(cut -d' ' -f1,2 "$work/sshd/host_key.pub")|" "$work/known_hosts"
    start "$(campaign key none fleet-key.yaml 1.1.0 "name is not null")"
    check "changed host key: refused" equal "$code $(states)" "3 failed 1"
    check "changed host key: the sentence says so" grep -q 'host key' <(reasons)
    check "changed host key: the server was reached" grep -q '^Connection from' "$log"
    check "changed host key: it never saw a user name" equal "$(grep -c userauth-request "$log")" 0
    cp "$work/right_hosts" "$work/known_hosts"
    "$SLIPWAY" retry "$(name_of "$strange")" --reason "key looked at" > /dev/null
    "$SLIPWAY" unpause --reason "key looked at" > /dev/null
    "$SLIPWAY" resume > "$work/run.out" 2>&1
    code=$?
    check "changed host key: with the right pin it goes on" equal "$code $(states)" "0 succeeded 1"
    check "changed host key: (and the log would have told)" grep -q userauth-request "$log"
}

bad_hosts() { # touch|rm...: the two of the big campaigns
    "$@" "$work/hosts/$broken/broken"
    "$@" "$work/hosts/$sick/sick"
}

# What must be true after either of the big campaigns.
check_all_hosts() { # NAME VERSION
    check "$1: two are put back, all others succeed" equal \
        "$(states)" "rolled_back 2, succeeded $((HOSTS - 2))"
    check "$1: the two are the broken and the sick one" equal "$(names_in rolled_back)" "$broken,$sick"
    check "$1: the installer ran once on every host" equal "$(updates_other_than_one "$2")" ""
    check "$1: the hosts have the version that the database says" equal "$(installed "$2")" $((HOSTS - 2))
    check "$1: the disks of two were put back" equal "$(sort -u "$work/reverts" | tr '\n' ' ')" "$broken $sick "
    check "$1: vcsim was asked for one snapshot of each VM" equal \
        "$(asked CreateSnapshot_Task) $(snapshots_other_than_one)" "$HOSTS "
    check "$1: and for one removal of each" equal "$(asked RemoveSnapshot_Task)" "$HOSTS"
    check "$1: govc sees no snapshot" equal "$(vms_with_snapshots)" ""
    check "$1: govc sees every VM on" equal "$(vms_not_on)" ""
    check "$1: no intent is open" equal "$(sql "select count(*) from intent where settled_ms is null")" 0
    check "$1: the database knows of no snapshot that is left" equal \
        "$(sql "select count(*) from snapshot where removed_ms is null")" 0
}

new_campaign() {
    for name in $host_names; do rm -f "$work/ledgers/$name"; touch "$work/ledgers/$name"; done
    bad_hosts touch
    keep_disks
    : > "$work/reverts"
    forget_connections
    mark_trace
}

story_all_hosts() {
    state=$work/state
    export SLIPWAY_STATE=$state
    { managers "$pin" secrets/manager; fleet_defaults; fleet "$(seq 0 $((HOSTS - 1)))"; } > "$work/fleet.yaml"
    new_campaign
    start "$(campaign all snapshot fleet.yaml 2.0.0 "name is not null")"
    check "all hosts: it ends with some put back (4)" equal "$code" 4
    check_all_hosts "all hosts" 2.0.0
    check "all hosts: two reverts" equal "$(asked RevertToSnapshot_Task)" 2
    check "all hosts: one login" equal "$(logins)" 1
    check "all hosts: no more than two connections to a host" test "$(most_connections)" -le 2
    check "all hosts: vcsim's tasks were seen at work" \
        grep -q '<state>running</state>' <(new_trace)
}

story_killed() {
    new_campaign
    "$SLIPWAY" plan "$(campaign killed snapshot fleet.yaml 3.0.0 "name is not null")" > "$work/plan.out" 2>&1
    kills=0 starts=0 verb=run
    while :; do
        "$SLIPWAY" $verb > "$work/run.out" 2>&1 &
        pid=$!
        starts=$((starts + 1))
        if [ "$kills" -lt "$KILLS" ]; then
            sleep "$((RANDOM % 2)).$((5 + RANDOM % 5))$((RANDOM % 10))"
            kill -9 "$pid" 2> /dev/null && kills=$((kills + 1))
        fi
        wait "$pid" 2> /dev/null
        code=$?
        [ "$code" = 137 ] || break
        # killed before it was entered, there is nothing to resume yet
        [ "$(sql "select count(*) from campaign where name = 'killed'")" = 0 ] || verb=resume
    done
    check "killed $kills times: it ends with some put back (4)" equal "$code $kills" "4 $KILLS"
    check_all_hosts "killed" 3.0.0
    check "killed: at most one login per start" test "$(logins)" -le "$starts"
    check "killed: at most two connections per host and start" test "$(most_connections)" -le $((2 * starts))
}

# The account would be locked by the third attempt.
story_wrong_password() {
    state=$work/state-password
    export SLIPWAY_STATE=$state
    { managers "$pin" secrets/wrong; fleet_defaults; fleet "$(seq 0 9)"; } > "$work/fleet-password.yaml"
    new_campaign
    start "$(campaign password snapshot fleet-password.yaml 4.0.0 "name is not null")"
    check "wrong password: paused by the canary" equal "$code $(names_in succeeded)" "3 "
    check "wrong password: the sentence says so" grep -qi 'password\|credential\|login' <(reasons)
    check "wrong password: one login attempt for all targets" equal "$(logins)" 1
    check "wrong password: nothing was asked of vcsim" equal "$(asked CreateSnapshot_Task)" 0
    check "wrong password: no installer ran" equal "$(cat "$work"/ledgers/*)" ""
}

# Whoever answers there is not the manager: he gets no password.
story_wrong_certificate() {
    state=$work/state-pin
    export SLIPWAY_STATE=$state
    other=sha256//$(head -c 32 /dev/urandom | base64)
    { managers "$other" secrets/manager; fleet_defaults; fleet "$(seq 0 9)"; } > "$work/fleet-pin.yaml"
    new_campaign
    start "$(campaign pin snapshot fleet-pin.yaml 4.0.0 "name is not null")"
    check "wrong certificate: paused by the canary" equal "$code $(names_in succeeded)" "3 "
    check "wrong certificate: the sentence says so" grep -qi 'pin\|certificate\|key' <(reasons)
    check "wrong certificate: vcsim received nothing" equal "$(new_trace)" ""
    check "wrong certificate: no installer ran" equal "$(cat "$work"/ledgers/*)" ""
}

# Two appliances that are one machine, named in two ways: no reader of the fleet can
# tell. A revert for one would undo the other.
story_one_machine_twice() {
    state=$work/state-twice
    export SLIPWAY_STATE=$state
    {
        managers "$pin" secrets/manager
        fleet_defaults
        echo "appliances:"
        for i in 0 1; do host_entry "$i"; [ "$i" = 0 ] && echo "    vm: {manager: mgmt-1, uuid: $(vm_field 5 .config.uuid)}"; done
        echo "    vm: {manager: mgmt-1, name: $(vm_field 5 .name)}"
    } > "$work/fleet-twice.yaml"
    new_campaign
    start "$(campaign twice snapshot fleet-twice.yaml 4.0.0 "name is not null")"
    check "one machine twice: paused, one of the two has failed" equal \
        "$code $(sql "select count(*) from target where state = 'failed'")" "3 1"
    check "one machine twice: it says whose it is" grep -q 'the virtual machine of appliance vc-000[01] too' <(reasons)
    check "one machine twice: one snapshot at most" test "$(asked CreateSnapshot_Task)" -le 1
    check "one machine twice: one installer at most" test "$(cat "$work"/ledgers/* | grep -c '^begun')" -le 1
}
