#!/bin/bash
# peers.sh - campaigns over machines that nobody here wrote: OpenSSH's server as the
# appliances, vcsim as their manager. Asserted with their own logs, with govc, and
# with what the appliances' installers noted.
#
#   1. sshd alone, without a way back
#   2. one campaign over all hosts, with two that must be put back
#   3. another over the same hosts, with kill -9 at random moments
#   4. a manager's password that is wrong, a manager's certificate that is not the
#      pinned one, an appliance's host key that has changed, one machine that is two
#      appliances
#
# Without vcsim only 1 and the host key of 4 run; where CI is set, that is a
# failure. HOSTS (50), KILLS (10) and SEED as in kill9.sh.
set -u
cd "$(dirname "$0")/../.." || exit 1
. tests/e2e/lib.sh
. tests/e2e/peers/hosts.sh
. tests/e2e/peers/manager.sh
. tests/e2e/peers/guests.sh
HOSTS=${HOSTS:-50}
KILLS=${KILLS:-10}
SEED=${SEED:-$$}
RANDOM=$SEED
broken=vc-0011 # its installer fails before it changes anything
sick=vc-0023   # its installer succeeds, then its health is red
strange=$HOSTS # index of one more host, whose key is not the pinned one

# ---- files ----

playbook() { # ROLLBACK
    mkdir -p "$work/playbooks/scripts"
    patch_script > "$work/playbooks/scripts/patch.sh"
    cat > "$work/playbooks/peers-$1.yaml" << EOF
playbook: peers-$1
rollback: $1
$([ "$1" = none ] || echo 'snapshot: {settle: 3s}')
boot_timeout: 20s
version:
  - use: ssh.run
    with: {argv: [sh, -c, 'cat "\$HOME/version"']}
    value: trim(result ->> '\$.lines[0]')
  - use: ssh.run
    with: {argv: [sh, -c, 'sed "s/^/appliance /" "\$HOME/version"']}
    value: substr(result ->> '\$.lines[0]', 11)
steps:
  - id: space
    phase: prepare
    use: ssh.run
    with: {argv: [df, --output=avail, -k, /]}
    expect: CAST(trim(result ->> '\$.lines[1]') AS INTEGER) > 1024
  - id: upgrade
    phase: change
    use: ssh.job
    with:
      script: scripts/patch.sh
      env: {TARGET: "\${vars.target_version}"}
      verify: {argv: [sh, -c, 'grep -Fqx "\$1" "\$HOME/version"', sh, "\${vars.target_version}"]}
    timeout: 2m
health:
  - id: version-reached
    use: ssh.run
    with: {argv: [sh, -c, 'cat "\$HOME/version"']}
    expect: trim(result ->> '\$.lines[0]') = vars ->> '\$.target_version'
    baseline: ignore
    for: 5s
    every: 500ms
  - id: health
    use: ssh.run
    with: {argv: [sh, -c, 'cat "\$HOME/health"']}
    expect: result ->> '\$.lines[0]' = 'green'
    for: 3s
    every: 500ms
EOF
}

# campaign NAME ROLLBACK FLEET VERSION SELECT: the path of its file
campaign() {
    cat > "$work/$1.yaml" << EOF
campaign: $1
playbook: playbooks/peers-$2.yaml
fleet: $3
select: "$5"
vars: {target_version: $4}
strategy:
  waves:
    - {name: canary, size: 3, cover: [site], soak: 1s, budget: 0}
    - {name: rest, size: rest, soak: 1s}
  in_flight: 50
  max_unavailable: {site: 16}
  limits: {manager: 30}
  budget: {wave: 2, campaign: 2}
EOF
    echo "$work/$1.yaml"
}

managers() { # PIN PASSWORD-FILE
    cat << EOF
managers:
  - name: mgmt-1
    url: $manager_url
    tls: {pin: "$1"}
    login: {user: $slipway_user, password: {file: $2}}
EOF
}

# A VM may be named in four ways; the hosts take turns.
vm_entry() { # INDEX
    case $(($1 % 4)) in
    0) echo "uuid: $(vm_field "$1" .config.uuid)" ;;
    1) echo "instance_uuid: $(vm_field "$1" .config.instanceUuid)" ;;
    2) echo "path: /DC0/vm/$(vm_field "$1" .name)" ;;
    3) echo "name: $(vm_field "$1" .name)" ;;
    esac
}

fleet() { # INDEXES
    echo "appliances:"
    for i in $1; do
        host_entry "$i"
        [ -z "${manager_url:-}" ] || echo "    vm: {manager: mgmt-1, $(vm_entry "$i")}"
    done
}

# ---- asking ----

states() { sql "select group_concat(state || ' ' || n, ', ') from (select state, count(*) n from target where
    campaign = (select max(id) from campaign) group by state order by state)"; }
names_in() { sql "select group_concat(name) from target where state = '$1' and
    campaign = (select max(id) from campaign)"; }
reasons() { sql "select distinct reason from target where campaign = (select max(id) from campaign)"; }
updates_other_than_one() { # VERSION
    for name in $host_names; do
        [ "$name" = "$(name_of "$strange")" ] ||
            [ "$(grep -c "^begun $1\$" "$work/ledgers/$name")" = 1 ] || echo "$name"
    done
}
installed() { # VERSION: on how many hosts
    cat "$work"/hosts/*/version | grep -Fxc "$1"
}
vms_not_on() {
    "$GOVC" vm.info -json '*' |
        jq -r '(.virtualMachines // .VirtualMachines)[] | select(.runtime.powerState != "poweredOn") | .name'
}
start() { # CAMPAIGN.yaml: plan, then run to the end; sets code
    "$SLIPWAY" plan "$1" > "$work/plan.out" 2>&1 || cat "$work/plan.out"
    "$SLIPWAY" run > "$work/run.out" 2>&1
    code=$?
}

. tests/e2e/peers/stories.sh
echo "# seed $SEED"
prepare_sshd
mkdir -p "$work/ledgers"
serve_hosts "$HOSTS"
playbook none
! have_vcsim || start_vcsim "$HOSTS" CreateSnapshot:3300,RemoveSnapshot:300,RevertToSnapshot:2500
story_sshd_alone
story_changed_host_key
if have_vcsim; then
    playbook snapshot
    await_vcsim
    start_guests "$HOSTS"
    story_all_hosts
    story_killed
    story_wrong_password
    story_wrong_certificate
    story_one_machine_twice
elif [ -n "${CI:-}" ]; then
    not_ok "vcsim and govc are here (CI is set; looked for $VCSIM and $GOVC)"
else
    echo "SKIPPED peers: no vcsim (Go 1.23 or newer is needed)"
fi
[ "$failed" -eq 0 ] || tail -40 "$work/run.out"
finish
