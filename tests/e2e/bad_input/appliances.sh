# appliances.sh - appliances and managers that refuse, stay silent, talk without end,
# or say things that a terminal would obey; and a way back that does not work.

# ---- wrong credentials: accounts are locked by the third attempt ----

paused_at_once() { # "what" "what it says"
    check "$1: paused at the first" equal "$code" 3
    check "$1: the budget counts it" says 'budget of the wave canary exceeded: [1-4] failed, 0 tolerated'
    check "$1: the sentence says so" says "$2"
    check "$1: nothing was ordered" equal "$(effects)" 0
}
wrong() { # SECRET: it is what stdin says, for one run
    fresh_state "wrong-$1"
    mark_ledger
    mv "$work/lab/secrets/$1" "$work/right"
    (umask 077 && cat > "$work/lab/secrets/$1")
    plan "$(campaign "wrong-$1" "name >= 'vc-0011'" -e 's/size: 3, cover: \[site\]/size: 4/' -e 's/max_unavailable: .*/max_unavailable: {site: 4}/')"
    slipway run
    mv "$work/right" "$work/lab/secrets/$1"
}
wrong managers <<< "not-the-password"
paused_at_once "manager's password" 'InvalidLogin'
check "manager's password: one attempt at each manager, for all targets" equal "$(refused_logins soap)" "1 1"
wrong appliances <<< "not-the-password"
paused_at_once "appliance's password" 'password\|credential\|login'
check "appliance's password: one attempt at each" equal "$(refused_logins rest)" "1 1"
ssh-keygen -q -t ed25519 -N '' -f "$work/strange_key"
wrong id_ed25519 < "$work/strange_key"
paused_at_once "SSH key" 'key\|credential'
check "SSH key: one attempt at each" equal "$(refused_logins ssh)" "1 1"

fresh_state locked
mark_ledger
plan "$(only locked "name = 'vc-0006'" 1s)"
slipway run
check "locked account: failed, and refused once" equal "$code $(refused_logins ssh)" "3 1 1"

# ---- silence, floods, gateways ----

# The lab's playbook with short deadlines, and one that begins with REST.
sed -e "/^    use: ssh.run$/a\    timeout: 3s" -e "/^    use: rest.request$/a\    timeout: 3s" \
    "$work/lab/playbooks/lab-patch.yaml" > "$work/lab/playbooks/short.yaml"
sed -e '/id: space/,/expect:/{s/ssh.run/rest.request/;s|with: .*|with: {path: /api/appliance/system/version}|;/expect:/d}' \
    "$work/lab/playbooks/short.yaml" > "$work/lab/playbooks/short-rest.yaml"

# does_not_hang "what" APPLIANCE PLAYBOOK: it fails while preparing, and soon
does_not_hang() {
    fresh_state "$2-$3"
    mark_ledger
    plan "$(only "bad-$2-$3" "name = '$2'" 1s -e "s/^playbook: .*/playbook: $3/")"
    timeout 60 "$SLIPWAY" run > "$work/out" 2> "$work/err"
    code=$?
    check "$1: paused, the target failed" equal "$code $(sql "select state from target")" "3 failed"
    check "$1: it was not changed" equal "$(effects)" 0
    check "$1: the sentence is short" test "$(sql "select length(reason) from target")" -lt 600
    check "$1: no escape sequence" no_escapes "$work/out" "$work/err"
}
does_not_hang "SSH is silent" vc-0001 short
check "SSH is silent: the sentence says so" says 'no SSH greeting came'
does_not_hang "SSH floods" vc-0002 short
does_not_hang "REST floods" vc-0002 short-rest
check "REST floods: the sentence says so" says 'large\|MiB\|bytes\|cap\|more than'
does_not_hang "a gateway says 503" vc-0003 short-rest
check "a gateway says 503: the sentence says so" says 503

# ---- text that a terminal would obey ----

fresh_state escape
mark_ledger
plan "$(only escape "name IN ('vc-0004', 'vc-0007', 'vc-0008')" 1s -e 's/budget: 0/budget: 3/' -e 's/budget: {.*/budget: {wave: 3, campaign: 3}/')"
slipway run
check "escape sequences: one succeeds, one fails, one is put back" equal \
    "$code $(sql "select group_concat(state) from (select state from target order by name)")" "4 succeeded,failed,rolled_back"
cat "$work/out" "$work/err" > "$work/said"
for verb in status "status --json" "why vc-0004" "why vc-0007" "why vc-0007 --json" "why vc-0008" events "events --json" \
    audit report "report --html" "report --markdown" snapshots; do
    # shellcheck disable=SC2086
    slipway $verb
    [ "$code" = 64 ] || cat "$work/out" "$work/err" >> "$work/said"
done
check "escape sequences: the hostile text was there" grep -q 'gpj.exe' "$work/said"
check "escape sequences: none comes out" no_escapes "$work/said"
check "escape sequences: no control that turns text round" equal "$(grep -c "$(printf '\342\200\256')" "$work/said")" 0
check "escape sequences: no other control character" equal "$(tr -d '\n\t' < "$work/said" | LC_ALL=C grep -c '[[:cntrl:]]')" 0

# The same on a terminal, where slipway itself draws: nothing that sets a title, rings
# or turns text round.
on_terminal() {
    fresh_state terminal
    plan "$(only terminal "name IN ('vc-0025', 'vc-0026')" 1s -e 's/budget: 0/budget: 3/' -e 's/budget: {.*/budget: {wave: 3, campaign: 3}/')"
    TERM=xterm script -qec "$SLIPWAY run" "$work/typescript" > /dev/null 2>&1 < /dev/null
    check "escape sequences on a terminal: there it is" grep -q 'gpj.exe' "$work/typescript"
    check "escape sequences on a terminal: but none of theirs" equal \
        "$(LC_ALL=C grep -c "$(printf '\033]\|\007\|\342\200\256')" "$work/typescript")" 0
}
if command -v script > /dev/null; then on_terminal; fi

# ---- a way back that does not work ----

fresh_state stranded
mark_ledger
plan "$(only stranded "name IN ('vc-0005', 'vc-0015', 'vc-0016', 'vc-0017')" 1s -e 's/budget: 0/budget: 3/' -e 's/budget: {.*/budget: {wave: 3, campaign: 3}/' -e 's/in_flight: .*/in_flight: 1/')"
slipway run
check "a rollback fails: exit 8" equal "$code" 8
check "a rollback fails: the target is stranded" equal "$(sql "select state from target where name = 'vc-0005'")" stranded
check "a rollback fails: the campaign pauses at once" equal "$(sql "select state from campaign")" paused
check "a rollback fails: and starts nothing more" test "$(sql "select count(*) from target where state = 'pending' or state = 'ready'")" -ge 1
slipway why vc-0005
check "a rollback fails: why says how to revert by hand" says 'revert VM uuid.* to snapshot slipway/stranded-.*vc-0005'
check "a rollback fails: and how to go on then" says "slipway --state $state rollback vc-0005"
slipway status
check "a rollback fails: status shows it" says 'vc-0005 stranded'
