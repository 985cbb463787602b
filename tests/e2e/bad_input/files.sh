# files.sh - files that are wrong: every mistake is told with its place, before
# anything is written or sent.

# refused "what" FILE:LINE:COLUMN "what it says": `plan` of $work/lab/bad.yaml
refused() {
    fresh_state files
    slipway plan "$work/lab/bad.yaml"
    check "$1: exit 1" equal "$code" 1
    check "$1: one error, at its place" grep -q "^[^ ]*$2: .*$3" "$work/err"
    check "$1: and no other" equal "$(errors)" 1
    check "$1: nothing is written" test ! -e "$state"
}
bend() { sed "$@" "$work/lab/campaign.yaml" > "$work/lab/bad.yaml"; }
append() { { cat "$work/lab/campaign.yaml"; printf "$@"; } > "$work/lab/bad.yaml"; }
last=$(($(wc -l < "$work/lab/campaign.yaml") + 1))
line_of() { grep -n -m 1 "$1" "$work/lab/bad.yaml" | cut -d: -f1; }

bend 's/in_flight/in_fligth/'
refused "unknown key" "bad.yaml:$(line_of in_fligth):3" 'in_fligth.*nearest.*in_flight'
append 'vars: {a: b}\n'
refused "duplicate key" "bad.yaml:$last:1" 'duplicate key vars (first on line'
bend 's/in_flight: .*/in_flight: many/'
refused "wrong type" "bad.yaml:$(line_of many):14" in_flight
bend 's/soak: 2s/soak: 2/'
refused "unit missing" "bad.yaml:$(line_of 'soak: 2,'):[0-9]*" 'unit missing: write 2s'
bend 's/^  waves/\twaves/'
refused "tab" "bad.yaml:$(line_of waves):1" TAB
bend 's/^vars: /vars: \&a /'
refused "anchor" "bad.yaml:$(line_of '^vars'):7" anchor
bend 's/^vars: .*/vars: *a/'
refused "alias" "bad.yaml:$(line_of '^vars'):7" alias
append -- '---\ncampaign: two\n'
refused "second document" "bad.yaml:$last:1" 'second document'
append '# \xff\xfe\n'
refused "bad UTF-8" "bad.yaml:$last:3" UTF-8
bend "s/^select: .*/select: \"site = ('rbx'\"/"
refused "selector that does not compile" "bad.yaml:$(line_of '^select'):9" 'select: .*(.*without'
bend "s/^select: .*/select: \"sitte = 'rbx'\"/"
refused "unknown column" "bad.yaml:$(line_of '^select'):9" 'sitte.*did you mean.*site'
bend 's/^playbook: .*/playbook: lab-pacth/'
refused "unknown playbook" "bad.yaml:$(line_of '^playbook'):11" 'lab-pacth'

# 100 MB are refused by their size, without being read.
cp "$work/lab/campaign.yaml" "$work/lab/bad.yaml"
truncate -s 100M "$work/lab/bad.yaml"
fresh_state files
slipway plan "$work/lab/bad.yaml"
check "100 MB: exit 1 and one error" equal "$code $(errors)" "1 1"
check "100 MB: it says how large a file may be" says 'bad.yaml: is larger than 16 MiB'
check "100 MB: nothing is written" test ! -e "$state"
rm "$work/lab/bad.yaml"

# A fleet and a playbook with several mistakes: all at once, from plan and from lint.
uuid_of() { sed -n "/name: $1\$/,/vm:/s/.*uuid: \([^}]*\)}/\1/p" "$work/lab/fleet.yaml"; }
sed -e 's/host: 127.80.0.9$/host: 127.80.0.8/' -e "s/$(uuid_of vc-0012)/$(uuid_of vc-0010)/" \
    -e "/$(uuid_of vc-0011)/s/manager: mgmt-./manager: mgmt-7/" "$work/lab/fleet.yaml" > "$work/lab/bad-fleet.yaml"
sed -e 's/use: ssh.job$/use: ssh.jobb/' -e '/id: health/a\    after: upgrad' \
    -e '/id: services/,/use:/s/rest.request/rezt.request/' "$work/lab/playbooks/lab-patch.yaml" > "$work/lab/playbooks/bad.yaml"
campaign bad "name is not null" -e 's/^playbook: .*/playbook: bad\nfleet: bad-fleet.yaml/' > /dev/null
for verb in plan lint; do
    fresh_state files
    slipway $verb "$work/lab/bad.yaml"
    check "many mistakes, $verb: exit 1" equal "$code" 1
    check "many mistakes, $verb: one address twice" says 'bad-fleet.yaml:[0-9]*:[0-9]*: .*vc-0009 has the same address as vc-0008'
    check "many mistakes, $verb: one machine twice" says 'bad-fleet.yaml:[0-9]*:[0-9]*: .*vc-0012 has the same virtual machine as vc-0010'
    check "many mistakes, $verb: no such manager" says 'bad-fleet.yaml:[0-9]*:[0-9]*: .*vc-0011: no manager is called mgmt-7 (nearest: mgmt-[12])'
    check "many mistakes, $verb: no such operation" says 'playbooks/bad.yaml:[0-9]*:[0-9]*: .*ssh.jobb.*did you mean "ssh.job"'
    check "many mistakes, $verb: no such plugin" says 'playbooks/bad.yaml:[0-9]*:[0-9]*: .*rezt.request.*did you mean "rest.request"'
    check "many mistakes, $verb: no such step" says 'playbooks/bad.yaml:[0-9]*:[0-9]*: .*after: upgrad is no step'
    check "many mistakes, $verb: nothing else" equal "$(cat "$work/out" "$work/err" | grep -c 'bad[a-z-]*.yaml:')" 6
    check "many mistakes, $verb: nothing is written" test ! -e "$state"
done
rm "$work/lab/bad.yaml" "$work/lab/bad-fleet.yaml" "$work/lab/playbooks/bad.yaml"
