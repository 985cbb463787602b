# hosts.sh - one command, then five, on each of many hosts: slipway, which records
# every step durably, against the least that libssh2 can need (floor.c) and against
# the tools that people use. Sourced by bench.sh.
#
# One OpenSSH server answers on as many addresses of 127.83.0.0/16. It takes most of
# the machine, so only ratios count. All clients use curve25519-sha256, because what
# an algorithm costs is not what is compared here.

SSH_PORT=22830

# As root the server gets a passwd of its own, in which root's shell is /bin/sh: a
# login shell with a heavy start file would hide everything else. Nobody else sees it.
launch_sshd() {
    if [ "$(id -u)" = 0 ] && unshare --mount true 2> /dev/null; then
        sed "s#^root:.*#root:x:0:0:root:$PWD:/bin/sh#" /etc/passwd > passwd
        mkdir -p /run/sshd
        exec unshare --mount sh -c "mount --bind '$PWD/passwd' /etc/passwd &&
            exec /usr/sbin/sshd -D -e -f '$PWD/sshd_config'"
    fi
    exec /usr/sbin/sshd -D -e -f "$PWD/sshd_config"
}

sshd_answers() { ssh -F ssh_config "$(head -1 hosts)" true 2> /dev/null; }

write_sshd() {
    ssh-keygen -q -t ed25519 -N '' -f user_key && ssh-keygen -q -t ed25519 -N '' -f host_key || return 1
    cp user_key.pub authorized_keys
    awk -v n="$1" 'BEGIN {for (i = 0; i < n; i++) printf "127.83.%d.%d\n", i / 250, i % 250 + 1}' > hosts
    sed "s#.*#[&]:$SSH_PORT $(cut -d' ' -f1,2 host_key.pub)#" hosts > known_hosts
    cat > sshd_config << END
Port $SSH_PORT
ListenAddress 0.0.0.0 rdomain lo
HostKey $PWD/host_key
PidFile none
AuthorizedKeysFile $PWD/authorized_keys
StrictModes no
UsePAM no
UseDNS no
PermitRootLogin yes
PasswordAuthentication no
MaxStartups 2000
PrintMotd no
PrintLastLog no
LogLevel ERROR
END
    cat > ssh_config << END
Host *
  User $USER_NAME
  Port $SSH_PORT
  IdentityFile $PWD/user_key
  IdentitiesOnly yes
  UserKnownHostsFile $PWD/known_hosts
  StrictHostKeyChecking yes
  KexAlgorithms curve25519-sha256
  PreferredAuthentications publickey
  ControlMaster no
  BatchMode yes
END
    sed 's#$# ansible_connection=ssh#' hosts > inventory
}

write_asking() {
    {
        printf 'defaults:\n  kind: linux\n  ssh: {user: %s, port: %s, ' "$USER_NAME" "$SSH_PORT"
        printf 'key: {file: user_key}, hostkey: known_hosts}\nappliances:\n'
        awk '{printf "  - {name: h%04d, host: %s, version: \"1\"}\n", NR, $1}' hosts
    } > fleet.yaml
    for count in 1 5; do
        {
            printf 'playbook: ask%d\nrollback: none\nsteps:\n' "$count"
            for i in $(seq "$count"); do
                printf '  - {id: ask%d, phase: prepare, use: ssh.run, with: {argv: ["true"]}}\n' "$i"
            done
        } > "ask$count-steps.yaml"
        cat > "ask$count.yaml" << END
campaign: ask$count
playbook: ./ask$count-steps.yaml
strategy:
  waves: [{name: all, size: rest, soak: 0s}]
  in_flight: 1000
END
    done
}

start_sshd() {
    USER_NAME=$(id -un)
    write_sshd "$1" && write_asking || return 1
    (launch_sshd) > "$work/sshd.log" 2>&1 &
    sshd=$!
    own "$sshd"
    await 10 sshd_answers
}

# --- the contestants: run_NAME TIMES ---

run_slipway() {
    rm -rf state
    "$SLIPWAY" --state state plan "ask$1.yaml" > plan.out 2>&1 || return 1
    measure "slipway$1" "$SLIPWAY" --state state run --figures
}
run_floor() { measure "floor$1" "$FLOOR" hosts "$SSH_PORT" "$USER_NAME" user_key 64 "$1" true; }
run_xargs() { measure "xargs$1" xargs -a hosts -P64 -I '{}' ssh -F ssh_config '{}' true; }
run_pdsh() {
    PDSH_SSH_ARGS="-F $PWD/ssh_config %h" measure "pdsh$1" pdsh -R ssh -f64 -w "^$PWD/hosts" true
}
run_clush() {
    measure "clush$1" clush -f64 -o "-F $PWD/ssh_config" --hostfile "$PWD/hosts" true
}
run_ansible() {
    HOME=$PWD ANSIBLE_SSH_ARGS="-F $PWD/ssh_config" measure "ansible$1" \
        ansible all -i inventory -f64 -m raw -a true
}

# A row that says how NAME compares to slipway: compare NAME TIMES WALL CPU MEMORY
# (goals as ratios of slipway to NAME; - for none)
compare() {
    [ -s "$work/$1$2.times" ] || return 0
    row "  wall, slipway / $1" "$3" \
        "$(divide "$(wall_of "slipway$2")" "$(wall_of "$1$2")")" ""
    row "  client CPU, slipway / $1" "$4" \
        "$(divide "$(cpu_of "slipway$2")" "$(cpu_of "$1$2")")" ""
}

present() {
    case $1 in
    slipway | floor) true ;;
    *) command -v "$1" > /dev/null ;;
    esac
}

# alternate ROUNDS TIMES NAME...
alternate() {
    rounds=$1
    times=$2
    shift 2
    for name in "$@"; do
        present "$name" || skipped "$name" "not installed (./dev bench installs it)"
    done
    for _ in $(seq "$rounds"); do
        for name in "$@"; do
            present "$name" || continue
            "run_$name" "$times" && continue
            say "$name: $(tail -1 "$work/$name$times.err")"
            [ "$name" = slipway ] || [ "$name" = floor ] && return 1
        done
    done
}

bench_hosts() {
    heading "SSH: $HOSTS hosts on one sshd, slipway recording durably"
    mkdir "$work/hosts"
    cd "$work/hosts" || return 1
    if [ ! -x /usr/sbin/sshd ]; then
        skipped "SSH against others" "no /usr/sbin/sshd"
        return 0
    fi
    ninja -C "$BUILD" bench-floor > "$work/floor.log" 2>&1 || {
        say "bench-floor was not built: $(tail -1 "$work/floor.log")"
        return 1
    }
    start_sshd "$HOSTS" || {
        say "sshd did not start: $(tail -1 "$work/sshd.log")"
        return 1
    }
    alternate 3 1 slipway floor pdsh clush xargs ansible &&
        alternate 3 5 slipway floor
    result=$?
    end "$sshd"
    [ "$result" = 0 ] || return 1
    row "one command: hosts a second" - "$(divide "$HOSTS" "$(wall_of slipway1)" 1)" /s
    row "one command: client CPU of a host" - \
        "$(divide "$(cpu_of slipway1)" "$(divide "$HOSTS" 1000 4)")" ms
    compare floor 1 1.25 3
    compare pdsh 1 0.85 -
    compare clush 1 0.75 -
    compare xargs 1 - -
    compare ansible 1 0.40 -
    echo "  five commands, one handshake a host:"
    compare floor 5 1.3 3
}
