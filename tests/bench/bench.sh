#!/bin/bash
# bench.sh - the figures of docs/performance.md, measured here and now.
#
#   tests/bench/bench.sh BUILD_DIR [--hosts N] [plan] [flight] [hosts]
#
# plan    10,000 appliances: plan, status, why; the orchestrator without appliances
# flight  850 appliances of slipway-lab in flight at once: memory, CPU, resume
# hosts   SSH against pdsh, clush, ansible, xargs ssh and a bare libssh2 loop
#
# All three take under six minutes on two cores. Nothing here fails because of a
# time: the last column says ok or over, and exit 1 means that a measurement could
# not be made. Traffic stays on 127.0.0.0/8. Root is not needed; as root the hosts
# of the third part run commands with /bin/sh whatever root's login shell is.
set -u
here=$(cd "$(dirname "$0")" && pwd)
BUILD=$(cd "${1:?usage: bench.sh BUILD_DIR [--hosts N] [plan] [flight] [hosts]}" && pwd) || exit 64
shift
SLIPWAY=$BUILD/slipway
LAB=$BUILD/slipway-lab
FLOOR=$BUILD/bench-floor
HOSTS=150
if [ "${1:-}" = --hosts ]; then
    HOSTS=$2
    shift 2
fi
parts=${*:-plan flight hosts}
work=$(mktemp -d)
broken=0

. "$here/lib.sh"
. "$here/plan.sh"
. "$here/flight.sh"
. "$here/hosts.sh"
trap clean_up EXIT
trap 'exit 130' INT TERM

if [ ! -x /usr/bin/time ] || ! command -v sqlite3 > /dev/null; then
    say "needs GNU time and sqlite3; install them with: ./dev bench"
    exit 1
fi
printf 'slipway %s, %s cores, load %s\n' "$("$SLIPWAY" --version | awk '{print $2; exit}')" \
    "$(nproc)" "$(cut -d' ' -f1 /proc/loadavg)"
printf '  %-58s %9s %9s\n' figure goal measured
for part in $parts; do
    case $part in
    plan | flight | hosts) "bench_$part" || broken=1 ;;
    *)
        say "no part \"$part\": plan, flight or hosts"
        exit 64
        ;;
    esac
done
exit "$broken"
