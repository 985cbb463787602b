# manager.sh - a manager that is vcsim, the simulator of the govmomi project, and
# its reader govc. Sourced after lib.sh.
#
# Slipway logs in as administrator@vsphere.local, govc and everything else of the
# story as administrator: so the transcript of vcsim tells whose login it was.

VCSIM=${SLIPWAY_VCSIM:-build/tools/vcsim}
GOVC=${SLIPWAY_GOVC:-$(dirname "$VCSIM")/govc}
slipway_user=administrator@vsphere.local
trace=$work/vcsim/trace
trace_from=0

have_vcsim() { [ -x "$VCSIM" ] && [ -x "$GOVC" ]; }

make_certificate() {
    openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 2 -subj /CN=manager \
        -addext subjectAltName=IP:127.0.0.1 -keyout "$work/vcsim/key.pem" -out "$work/vcsim/cert.pem" 2> /dev/null
    pin=sha256//$(openssl x509 -in "$work/vcsim/cert.pem" -noout -pubkey |
        openssl pkey -pubin -outform der | openssl dgst -sha256 -binary | base64)
}

# start_vcsim VMS TASK-DELAYS: it takes a while; await_vcsim waits for the rest
start_vcsim() {
    mkdir -p "$work/vcsim/tmp"
    make_certificate
    printf 'right & <proper>\n' > "$work/secrets/manager"
    printf 'wrong\n' > "$work/secrets/wrong"
    chmod 600 "$work/secrets/manager" "$work/secrets/wrong"
    TMPDIR=$work/vcsim/tmp "$VCSIM" -l 127.0.0.1:0 -username administrator -password 'right & <proper>' \
        -tlscert "$work/vcsim/cert.pem" -tlskey "$work/vcsim/key.pem" -api-version 8.0.3.0 \
        -trace -trace-file "$trace" -standalone-host 0 -vm "$1" -method-delay "$2,LockHandoff:0" \
        > "$work/vcsim/out" 2>&1 &
    vcsim_pid=$!
    helpers="$helpers $vcsim_pid"
}

vcsim_is_up_or_gone() {
    manager_url=$(sed -n 's|.*\(127\.0\.0\.1:[0-9]*\)/sdk.*|https://\1/sdk|p' "$work/vcsim/out" | head -n 1)
    [ -n "$manager_url" ] || ! kill -0 "$vcsim_pid" 2> /dev/null
}

await_vcsim() {
    await vcsim_is_up_or_gone
    [ -n "$manager_url" ] || { echo "# vcsim did not start" >&2; cat "$work/vcsim/out" >&2; exit 1; }
    export GOVC_URL=$manager_url GOVC_USERNAME=administrator GOVC_PASSWORD='right & <proper>'
    export GOVC_INSECURE=1 GOVC_PERSIST_SESSION=false GOVMOMI_HOME=$work/vcsim/govmomi
    "$GOVC" vm.info -json '*' > "$work/vcsim/vms.json"
}

# vm_field INDEX FILTER: of the VM that belongs to the host of that index
vm_field() { jq -r "(.virtualMachines // .VirtualMachines) | sort_by(.name) | .[$1] | $2" "$work/vcsim/vms.json"; }

# The transcript of what vcsim received since mark_trace.
mark_trace() { trace_from=$(stat -c %s "$trace"); }
new_trace() { tail -c +$((trace_from + 1)) "$trace"; }
asked() { new_trace | grep -c "<$1 "; } # METHOD
logins() { new_trace | grep -c "<Login .*<userName>$slipway_user</userName>"; }

# Lines "COUNT METHOD's VM" of the snapshots asked for, that are not exactly one.
snapshots_other_than_one() {
    new_trace | sed -n 's/.*<CreateSnapshot_Task .*>\(vm-[0-9]*\)<\/_this>.*/\1/p' |
        sort | uniq -c | awk '$1 != 1'
}

vms_with_snapshots() {
    "$GOVC" vm.info -json '*' |
        jq -r '(.virtualMachines // .VirtualMachines)[] | select(.snapshot.rootSnapshotList // [] | length > 0) | .name'
}
