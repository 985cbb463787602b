# network.sh - a proxy in front of every host and of the manager, and campaigns through it.
# Sourced after hosts.sh, manager.sh and guests.sh.
#
# Every host has its own address and, at its own address too, its own door to vcsim: so a
# fault is one host's and nobody else's. A round is a campaign over some of the hosts, each
# with the faults that a file says.

STALL=4 # seconds: then a silent connection ends
declare -A fronts

door_of() { echo "127.67.$(($1 / 100)).$(($1 % 100 + 1))"; } # INDEX

# start_proxy FAULTS TURNS: sets proxy, and fronts by the port behind
start_proxy() {
    local behind ports=() free
    vcsim_port=${manager_url%/sdk}
    vcsim_port=${vcsim_port##*:}
    mapfile -t behind < <(cat "$work"/sshd/port-* | sort -u)
    behind+=("127.0.0.1:$vcsim_port")
    read -r -a free < <(free_ports "${#behind[@]}")
    for i in "${!behind[@]}"; do
        fronts[${behind[$i]##*:}]=${free[$i]}
        ports+=(--port "${free[$i]}:${behind[$i]}")
    done
    : > "$work/proxy.out"
    : > "$work/broken"
    python3 tests/lib/fault_proxy.py "${ports[@]}" --faults "$1" --turns "$2" --stall $STALL \
        --log "$work/broken" > "$work/proxy.out" 2>> "$work/proxy.err" &
    proxy=$!
    helpers="$helpers $proxy"
    await grep -qs ready "$work/proxy.out"
}

end_proxy() {
    kill "$proxy" 2> /dev/null
    wait "$proxy" 2> /dev/null
}

playbook() {
    mkdir -p "$work/playbooks/scripts"
    patch_script > "$work/playbooks/scripts/patch.sh"
    cat > "$work/playbooks/cut.yaml" << 'END'
playbook: cut
rollback: snapshot
snapshot: {settle: 2s}
boot_timeout: 20s
version:
  - use: ssh.run
    with: {argv: [sh, -c, 'cat "$HOME/version"']}
    value: trim(result ->> '$.lines[0]')
steps:
  - id: upgrade
    phase: change
    use: ssh.job
    with:
      script: scripts/patch.sh
      env: {TARGET: "${vars.target_version}"}
      verify: {argv: [sh, -c, 'grep -Fqx "$1" "$HOME/version"', sh, "${vars.target_version}"]}
    timeout: 2m
health:
  - id: version-reached
    use: ssh.run
    with: {argv: [sh, -c, 'cat "$HOME/version"']}
    expect: trim(result ->> '$.lines[0]') = vars ->> '$.target_version'
    baseline: ignore
    every: 500ms
END
}

# fleet INDEXES: everybody through the proxy
fleet() {
    echo "managers:"
    for i in $1; do
        cat << END
  - name: $(printf 'mgmt-%04d' "$i")
    url: https://$(door_of "$i"):${fronts[$vcsim_port]}/sdk
    tls: {pin: "$pin"}
    login: {user: $slipway_user, password: {file: secrets/manager}}
END
    done
    cat << END
defaults:
  kind: linux
  ssh: {user: "$me", key: {file: secrets/id_ed25519}, hostkey: known_fronts}
appliances:
END
    for i in $1; do
        name=$(name_of "$i")
        cat << END
  - name: $name
    host: $(address_of "$i")
    version: 1.0.0
    ssh: {port: ${fronts[$(cat "$work/sshd/port-$name")]}, job_dir: "$work/hosts/$name/jobs"}
    vm: {manager: $(printf 'mgmt-%04d' "$i"), uuid: $(vm_field "$i" .config.uuid)}
END
    done
    for i in $1; do
        echo "[$(address_of "$i")]:${fronts[$(cat "$work/sshd/port-$(name_of "$i")")]} $(cut -d' ' -f1,2 "$work/sshd/host_key.pub")"
    done > "$work/known_fronts"
}

slipway() { "$SLIPWAY" --state "$state" "$@"; }

# until_settled: as an operator would, whenever it asks for a human
until_settled() {
    verb=run
    for _ in 1 2 3 4 5 6; do
        timeout 300 "$SLIPWAY" --state "$state" $verb >> "$work/run.out" 2>> "$work/run.err"
        code=$?
        verb=resume
        [ "$code" = 3 ] || return
        [ "$(sql "select count(*) from target where state in ('parked', 'failed')")" = 0 ] ||
            slipway retry --reason 'the network was bad' >> "$work/run.out" 2>&1
        slipway unpause --reason 'the network is looked at' >> "$work/run.out" 2>&1
    done
}

# round NAME FAULTS INDEXES: sets state and code; turns and what was broken stay behind
round() {
    state=$work/state.$1
    for i in $3; do make_host "$(name_of "$i")" 1.0.0; : > "$work/ledgers/$(name_of "$i")"; done
    start_proxy "$2" "$work/turns.$1"
    mark_trace
    fleet "$3" > "$work/fleet.yaml"
    cat > "$work/campaign.yaml" << END
campaign: cut
playbook: playbooks/cut.yaml
fleet: fleet.yaml
select: "name is not null"
vars: {target_version: 2.0.0}
strategy:
  waves:
    - {name: all, size: rest, soak: 0s}
  in_flight: 100
  limits: {manager: 30}
  budget: {wave: 100, campaign: 100}
END
    : > "$work/run.out"
    slipway plan "$work/campaign.yaml" > "$work/plan.out" 2>&1 || cat "$work/plan.out"
    until_settled
    end_proxy
    sql "select issued_ms, settled_ms, step, printf('127.66.%d.%d,127.67.%d.%d', i / 100, i % 100 + 1, i / 100, i % 100 + 1)
        from (select *, cast(substr(name, 4) as integer) i from intent join target t on t.idx = target) order by id" > "$work/intents.$1"
}
