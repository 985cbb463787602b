# hosts.sh - appliances that are OpenSSH's own server. Sourced after lib.sh.
#
# Some sshd processes, as the current user, with keys of their own, listen on one
# loopback address per host. A host is the directory $work/hosts/NAME, which its
# sessions find in HOME (so told by `Match LocalAddress`), with what it remembers:
#
#   version health sick ledger boot_id jobs/
#
# Sets: host_names, and per server a log, $work/sshd/N.log.

SSHD=/usr/sbin/sshd
LISTENERS_MAX=13 # sshd itself stops at 16
me=$(id -un)
host_names=

# A server needs nothing but a directory that only the system's owner could make.
prepare_sshd() {
    [ -x "$SSHD" ] || { echo "# $SSHD is not installed" >&2; exit 1; }
    [ "$(id -u)" != 0 ] || mkdir -p -m 0755 /run/sshd
    mkdir -p -m 0700 "$work/sshd" "$work/secrets"
    mkdir -p "$work/hosts"
    ssh-keygen -q -t ed25519 -N '' -f "$work/secrets/id_ed25519"
    ssh-keygen -q -t ed25519 -N '' -f "$work/sshd/host_key"
    ssh-keygen -q -t ed25519 -N '' -f "$work/sshd/other_key"
    cp "$work/secrets/id_ed25519.pub" "$work/sshd/authorized_keys"
    : > "$work/known_hosts"
}

address_of() { echo "127.66.$(($1 / 100)).$(($1 % 100 + 1))"; } # INDEX
name_of() { printf 'vc-%04d' "$1"; }                           # INDEX

# A port that is free on that address and, because nobody else comes to this
# network, on its neighbours.
free_port() { # ADDRESS
    for _ in $(seq 50); do
        port=$((20000 + RANDOM % 12000))
        (exec 3<> "/dev/tcp/$1/$port") 2> /dev/null || { echo "$port"; return; }
    done
}

answers_or_is_gone() { # ADDRESS PORT PROCESS
    (exec 3<> "/dev/tcp/$1/$2") 2> /dev/null || ! kill -0 "$3" 2> /dev/null
}

make_host() { # NAME VERSION
    dir=$work/hosts/$1
    mkdir -p "$dir"
    echo "$2" > "$dir/version"
    echo green > "$dir/health"
    printf '%08x-2222-4333-8444-555555555555\n' "$RANDOM" > "$dir/boot_id"
}

# serve NUMBER KEY LOGLEVEL FIRST LAST: one server for the hosts of these indexes
serve() {
    number=$1 key=$2 level=$3 first=$4 last=$5
    config=$work/sshd/$number.config
    port=$(free_port "$(address_of "$first")")
    {
        echo "Port $port"
        for i in $(seq "$first" "$last"); do echo "ListenAddress $(address_of "$i")"; done
        cat << EOF
HostKey $key
PidFile none
AuthorizedKeysFile $work/sshd/authorized_keys
StrictModes no
UsePAM no
PermitRootLogin yes
PasswordAuthentication no
KbdInteractiveAuthentication no
UseDNS no
MaxStartups 200
PrintMotd no
PrintLastLog no
LogLevel $level
EOF
        for i in $(seq "$first" "$last"); do
            dir=$work/hosts/$(name_of "$i")
            echo "Match LocalAddress $(address_of "$i")"
            echo "    SetEnv HOME=$dir SLIPWAY_BOOT_ID_FILE=$dir/boot_id"
        done
    } > "$config"
    "$SSHD" -D -e -f "$config" 2>> "$work/sshd/$number.log" < /dev/null &
    helpers="$helpers $!"
    await answers_or_is_gone "$(address_of "$last")" "$port" $!
    for i in $(seq "$first" "$last"); do
        make_host "$(name_of "$i")" 1.0.0
        echo "$port" > "$work/sshd/port-$(name_of "$i")"
        echo "[$(address_of "$i")]:$port $(cut -d' ' -f1,2 "$key.pub")" >> "$work/known_hosts"
        host_names="$host_names $(name_of "$i")"
    done
    : > "$work/sshd/$number.log" # without our own knocking
}

# serve_hosts COUNT: as many servers as it takes, hosts 0 to COUNT - 1
serve_hosts() {
    for first in $(seq 0 $LISTENERS_MAX $(($1 - 1))); do
        last=$((first + LISTENERS_MAX - 1))
        [ "$last" -lt "$1" ] || last=$(($1 - 1))
        serve "$first" "$work/sshd/host_key" VERBOSE "$first" "$last"
    done
}

# How often each host was connected to: lines "COUNT ADDRESS"
connections() {
    cat "$work"/sshd/*.log | sed -n 's/^Connection from .* on \([0-9.]*\) port .*/\1/p' |
        sort | uniq -c
}
most_connections() { connections | awk '$1 > max {max = $1} END {print max + 0}'; }

forget_connections() { for log in "$work"/sshd/*.log; do : > "$log"; done; }

host_entry() { # INDEX: its part of fleet.yaml
    name=$(name_of "$1")
    cat << EOF
  - name: $name
    host: $(address_of "$1")
    site: s$(($1 % 3))
    version: 1.0.0
    ssh: {port: $(cat "$work/sshd/port-$name"), job_dir: "$work/hosts/$name/jobs"}
EOF
}

fleet_defaults() {
    cat << EOF
defaults:
  kind: linux
  ssh: {user: "$me", key: {file: secrets/id_ed25519}, hostkey: known_hosts}
EOF
}
