#!/bin/bash
# after.sh - two campaigns in a row: the second waits for the first, takes the versions that
# were read back there, and leaves out who did not succeed.
set -u
cd "$(dirname "$0")/../.." || exit 1
. tests/e2e/lib.sh
cd "$work" || exit 1
cat > scenario.yaml << 'YAML'
settings: {update: 1s}
faults:
  - {appliance: vc-0003, fault: update_fails}
YAML
start_lab "$work/lab" --appliances 3 --speed 20 --scenario "$work/scenario.yaml"
state=$work/state
export SLIPWAY_STATE=$state

ends() { # CODE TEXT COMMAND...
    want=$1 text=$2
    shift 2
    "$@" > said 2>&1
    got=$?
    tr -s ' \n' ' ' < said > flat
    [ "$got" = "$want" ] && grep -qF -- "$text" flat ||
        { echo "# exit $got, wanted $want: $text"; tail -40 said | sed 's/^/# /'; return 1; }
}
told() { grep -qF -- "$1" flat || { sed 's/^/# /' said; return 1; }; }
version_of() { cat "lab/appliances/$1/version"; }

cat > lab/one.yaml << 'YAML'
campaign: one
playbook: lab-patch
vars: {target_version: 8.0.2.00200}
strategy:
  waves: [{name: first, size: 1}, {name: others, size: rest, gate: true, budget: 2}]
  budget: {campaign: 2}
YAML
cat > lab/two.yaml << 'YAML'
campaign: two
playbook: lab-patch
after: one
select: version_cmp(version, '8.0.3.00400') < 0
vars: {target_version: 8.0.3.00400}
YAML
sed 's/^after: .*/after: two/' lab/two.yaml > lab/self.yaml
check 'a campaign cannot wait for itself' ends 1 'self.yaml:3:8: after: a campaign cannot wait for itself' \
    "$SLIPWAY" plan lab/self.yaml
check 'the plan says that the other was never run' ends 0 'it goes after campaign one, which was never run in this state' \
    "$SLIPWAY" plan lab/two.yaml
check 'run waits for it' ends 5 'campaign two goes after campaign one, which was never run in this state; run that first' \
    "$SLIPWAY" run

check 'the first is planned' ends 0 'Plan one' "$SLIPWAY" plan lab/one.yaml
check 'and stands at its gate' ends 5 '' "$SLIPWAY" run --no-wait
check 'the plan says who is ready' ends 0 '1 target is ready: vc-0001' "$SLIPWAY" plan lab/two.yaml --out two.json
check 'and who waits' told '2 targets wait for it: vc-0002, vc-0003'
check 'and for what' told 'it goes after campaign one, which is running'
check 'run waits for its end' ends 5 'campaign two goes after campaign one, which is running; finish that' \
    "$SLIPWAY" run two.json
"$SLIPWAY" approve --wave others > /dev/null 2>&1
check 'the first ends, one was put back' ends 4 '' "$SLIPWAY" resume
check 'what was planned before does not know how' ends 6 'campaign one ended after this plan was made' \
    "$SLIPWAY" run two.json

check 'planned again it leaves out who did not succeed' ends 0 \
    '1 target is left out, for not having succeeded in campaign one: vc-0003 (rolled_back)' "$SLIPWAY" plan lab/two.yaml
check 'the others go' told '2 targets are ready: vc-0001, vc-0002'
check 'from the version that they have now' equal "$(jq -c '[.after, [.targets[] | [.name, .version]]]' state/plan.json)" \
    '["one",[["vc-0001","8.0.2.00200"],["vc-0002","8.0.2.00200"]]]'
check 'and succeed' ends 0 '' "$SLIPWAY" run
check 'asked about him weeks later, it knows why' ends 1 \
    'vc-0003 is no target of campaign two: it was selected, and left out for being rolled_back in campaign one, which comes before' \
    "$SLIPWAY" why vc-0003
check 'both have the second version' equal "$(version_of vc-0001) $(version_of vc-0002)" '8.0.3.00400 8.0.3.00400'
check 'the third was left alone' equal "$(version_of vc-0003)" 8.0.2.00100
finish
