# plan.sh - ten thousand appliances that do not exist: what planning, asking and
# the orchestrator itself cost. Sourced by bench.sh.

# write_fleet N: managers, labels, VMs and sites as a real fleet has them
write_fleet() {
    awk -v n="$1" 'BEGIN {
        pin = "sha256//xrJYftnKpkSwkvleUdmB14hme1Kdr0y9iovu4UMgd3k="
        print "managers:"
        for (m = 1; m <= 20; m++) {
            printf "  - name: mgmt-%02d\n    url: https://127.79.0.%d:8443/sdk\n", m, m
            printf "    tls: {pin: \"%s\"}\n", pin
            print "    login: {user: svc-slipway, password: {file: password}}"
        }
        print "defaults:\n  kind: linux"
        print "  ssh: {user: root, key: {file: id_ed25519}, hostkey: known_hosts}"
        print "appliances:"
        split("rbx gra sbg bhs waw", site)
        split("gold silver bronze", tier)
        for (i = 1; i <= n; i++) {
            host = sprintf("127.80.%d.%d", (i - 1) / 250, (i - 1) % 250 + 1)
            printf "  - name: vc-%05d\n    host: %s\n    site: %s\n", i, host, site[i % 5 + 1]
            printf "    version: %s\n", i % 3 ? "8.0.2.00100" : "8.0.1.00400"
            printf "    labels: {customer: c%03d, tier: %s}\n", i % 400, tier[i % 3 + 1]
            printf "    rest:\n      url: https://%s:8443\n      tls: {pin: \"%s\"}\n", host, pin
            print "      login: {user: root, password: {file: password}}"
            printf "    vm: {manager: mgmt-%02d, uuid: 4237%04x-0000-4000-8000-%012x}\n", \
                i % 20 + 1, i % 65536, i
        }
    }'
}

write_campaigns() {
    cat > campaign.yaml << END
campaign: patch
playbook: $(cd "$here/../.." && pwd)/playbooks/linux-patch.yaml
select: "version_cmp(version, '8.0.3.00400') < 0 AND site IN ('rbx', 'gra', 'sbg', 'bhs', 'waw')"
vars: {target_version: 8.0.3.00400, repo: https://repo.example}
strategy:
  waves:
    - {name: canary, size: 10, cover: [site, version], soak: 24h, budget: 0}
    - {name: few, size: 100, soak: 4h}
    - {name: many, size: 1000, soak: 1h}
    - {name: more, size: 3000, soak: 1h}
    - {name: rest, size: rest, soak: 1h}
  in_flight: 100
  max_unavailable: {customer: 3, site: 60}
  limits: {manager: 8, repo: 20}
  budget: {wave: 2, campaign: 10, mode: strict}
END
    cat > idle.yaml << 'END'
campaign: idle
playbook: ./idle-steps.yaml
strategy:
  waves:
    - {name: first, size: 100, soak: 0s}
    - {name: second, size: 1900, soak: 0s}
    - {name: third, size: 4000, soak: 0s}
    - {name: rest, size: rest, soak: 1h}
  in_flight: 400
  max_unavailable: {site: 300}
  budget: {wave: 5, campaign: 10, mode: normal}
END
    cat > idle-steps.yaml << 'END'
playbook: idle-steps
rollback: none
version:
  - {use: sleep, with: {for: 0s}, value: "'8.0.3.00400'"}
steps:
  - {id: before, phase: prepare, use: sleep, with: {for: 0s}}
  - {id: change, phase: change, use: sleep, with: {for: 0s}, timeout: 1m}
health:
  - {id: after, use: sleep, with: {for: 0s}}
END
}

# The whole orchestrator, engine and durable store, with appliances that answer at
# once; stopped half way it is a campaign of 10,000 to ask about.
bench_idle() {
    "$SLIPWAY" --state idle plan idle.yaml > "$work/idle.plan" 2>&1 &&
        measure idle "$SLIPWAY" --state idle run --figures --no-wait
    calls=$(figure "$work/idle.err" calls)
    if [ "${calls:-0}" -eq 0 ]; then
        say "idle: $(tail -1 "$work/idle.plan") $(tail -1 "$work/idle.err")"
        return 1
    fi
    row "10,000 idle targets: CPU of a call, durable, ms" - \
        "$(divide "$(cpu_of idle)" "0.001" 0 | awk -v c="$calls" '{printf "%.3f", $1 / c}')" ms
    row "10,000 idle targets: calls a second" - "$(divide "$calls" "$(wall_of idle)" 0)" /s
}

bench_plan() {
    heading "10,000 appliances"
    mkdir "$work/plan"
    cd "$work/plan" || return 1
    write_fleet 10000 > fleet.yaml
    write_campaigns
    for _ in 1 2 3 4 5; do
        measure plan "$SLIPWAY" --state state plan campaign.yaml && continue
        say "plan: $(tail -1 "$work/plan.err")"
        return 1
    done
    row "plan in 5 waves, whole process" 1 \
        "$(awk '{print $1}' "$work/plan.times" | sort -n | head -1)" s
    row "plan: peak memory" - "$(divide "$(peak_of plan)" 1024 0)" MiB
    bench_idle || return 1
    row "status, whole process" 50 "$(fastest_ms 20 "$SLIPWAY" --state idle status)" ms
    if "$SLIPWAY" why --help > /dev/null 2>&1; then
        row "why of one target, whole process" 50 \
            "$(fastest_ms 20 "$SLIPWAY" --state idle why vc-09000)" ms
    else
        skipped "why of one target" "this slipway has no such verb"
    fi
}
