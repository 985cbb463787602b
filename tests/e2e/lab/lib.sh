# lib.sh - how stories about the lab itself speak to it: curl, OpenSSH's client, jq; and
# ok / not ok lines. Sourced with `lab` (the program) and `dir` (a directory) set.

passed=0 failed=0 lab_pid=

cleanup() {
    [ -z "$lab_pid" ] || { kill "$lab_pid" 2>/dev/null; wait "$lab_pid" 2>/dev/null; }
    rm -rf "$dir"
}
trap cleanup EXIT

ok() { passed=$((passed + 1)); echo "ok $((passed + failed)) - $1"; }
not_ok() { failed=$((failed + 1)); echo "not ok $((passed + failed)) - $1"; echo "#   $2" | head -n 5; }
is() { # NAME GOT WANTED
    if [ "$2" = "$3" ]; then ok "$1"; else not_ok "$1" "got '$2', wanted '$3'"; fi
}
like() { # NAME TEXT PATTERN
    case $2 in *$3*) ok "$1" ;; *) not_ok "$1" "'$2' lacks '$3'" ;; esac
}

is_up_or_gone() { grep -q '^ready$' "$dir/out" || ! kill -0 "$lab_pid"; }
start_lab() { # ARGUMENTS...
    "$lab" serve --dir "$dir/lab" "$@" >"$dir/out" 2>"$dir/err" &
    lab_pid=$!
    wait_for 20 is_up_or_gone
    read -r ssh_port https_port vami_port <"$dir/lab/ports"
    pin=$(grep -o 'sha256//[^"]*' "$dir/lab/fleet.yaml" | head -n 1)
}
stop_lab() {
    kill -TERM "$lab_pid"
    wait "$lab_pid"
    lab_status=$?
    lab_pid=
}

on() { # NUMBER COMMAND...: run on an appliance
    local n=$1
    shift
    ssh -F none -p "$ssh_port" -i "$dir/lab/secrets/id_ed25519" -o BatchMode=yes \
        -o UserKnownHostsFile="$dir/lab/known_hosts" -o StrictHostKeyChecking=yes \
        -o ConnectTimeout=60 -o LogLevel=ERROR "root@127.80.0.$n" "$@"
}
fetch() { curl -sS -k --max-time 60 --pinnedpubkey "$pin" "$@"; }
rest() { # NUMBER PATH [curl arguments]: with Basic credentials
    local n=$1 path=$2
    shift 2
    fetch -u "root:$(cat "$dir/lab/secrets/appliances")" "$@" "https://127.80.0.$n:$https_port$path"
}
wait_for() { # SECONDS COMMAND...: as many on a quiet machine; a busy one has ten times that
    local end=$((SECONDS + $1 * 10))
    shift
    until "$@" >/dev/null 2>&1; do
        [ "$SECONDS" -lt "$end" ] || return 1
        sleep 0.1
    done
}
kinds() { # KIND APPLIANCE: how many lines
    jq -s --arg k "$1" --arg a "$2" '[.[] | select(.kind == $k and .appliance == $a)] | length' \
        "$dir/lab/ledger.jsonl"
}

# ---- SOAP ----
soap() { # METHOD TYPE REF CHILDREN
    fetch -b "$dir/cookies" -c "$dir/cookies" -H 'Content-Type: text/xml; charset="utf-8"' \
        -H 'SOAPAction: "urn:vim25/6.0"' -w '\n%{http_code}\n' --data-binary @- \
        "https://127.80.255.${manager:-1}:$https_port/sdk" <<EOF
<?xml version="1.0" encoding="UTF-8"?>
<e:Envelope xmlns:e="http://schemas.xmlsoap.org/soap/envelope/" xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance">
<e:Header><operationID>smoke-$1</operationID></e:Header>
<e:Body><$1 xmlns="urn:vim25"><_this type="$2">$3</_this>$4</$1></e:Body></e:Envelope>
EOF
}
returned() { sed -n 's|.*<returnval[^>]*>\([^<]*\)</returnval>.*|\1|p' | head -n 1; }
login() {
    soap Login SessionManager SessionManager \
        "<userName>svc-slipway</userName><password>$(cat "$dir/lab/secrets/managers")</password>"
}
properties() { # TYPE REF PATHS...
    local type=$1 ref=$2 paths=
    shift 2
    for path in "$@"; do paths="$paths<pathSet>$path</pathSet>"; done
    soap RetrievePropertiesEx PropertyCollector propertyCollector \
        "<specSet><propSet><type>$type</type>$paths</propSet><objectSet><obj type=\"$type\">$ref</obj></objectSet></specSet><options/>"
}
task_over() { properties Task "$1" info.state | grep -Eq '>(success|error)<'; }
vm_task() { # METHOD TYPE REF CHILDREN: start a task and wait; prints its info
    local task
    task=$(soap "$@" | returned)
    wait_for 20 task_over "$task"
    properties Task "$task" info
}
vm_of() { # NUMBER: reference of the appliance's VM
    local uuid
    uuid=$(sed -n "/name: vc-$(printf %04d "$1")\$/,/uuid/s/.*uuid: \([^}]*\)}/\1/p" "$dir/lab/fleet.yaml")
    soap FindByUuid SearchIndex SearchIndex "<uuid>$uuid</uuid><vmSearch>true</vmSearch>" | returned
}

# ---- vCenters: both doors ----
vc() { # NUMBER PATH [curl arguments]: port 443, as an SSO user
    local n=$1 path=$2
    shift 2
    fetch -u "administrator@vsphere.local:$(cat "$dir/lab/secrets/appliances")" "$@" "https://127.80.0.$n:$https_port$path"
}
vami() { # NUMBER PATH [curl arguments]: port 5480, as root
    local n=$1 path=$2
    shift 2
    fetch -u "root:$(cat "$dir/lab/secrets/appliances")" "$@" "https://127.80.0.$n:$vami_port$path"
}
finish_lab() {
    echo "$passed passed, $failed failed"
    [ "$failed" = 0 ]
    exit
}
