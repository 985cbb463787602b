#!/bin/bash
# environment.sh - variables that lead other programs astray: session keys of TLS into a file,
# traffic through somebody's proxy, another list of authorities, a .netrc, OpenSSL's own
# configuration. A campaign in the middle of them goes where the fleet file says, trusts whom it
# names, and leaves nothing behind by which its traffic could be read.
set -u
cd "$(dirname "$0")/../.." || exit 1
# shellcheck disable=SC1091
. tests/e2e/lib.sh
state=$work/state
mkdir "$work/home" "$work/tmp"

# A proxy that notes whoever comes.
python3 -c 'import socket, sys
listener = socket.create_server(("127.0.0.1", 0))
print(listener.getsockname()[1], flush=True)
while True:
    link, _ = listener.accept()
    print("somebody came:", link.recv(200), file=sys.stderr, flush=True)
    link.close()' > "$work/proxy.port" 2> "$work/proxy.seen" &
helpers=$!
await test -s "$work/proxy.port"
proxy=http://127.0.0.1:$(cat "$work/proxy.port")

printf 'machine 127.80.0.1 login thief password stolen\ndefault login thief password stolen\n' > "$work/home/.netrc"
printf 'proxy = "%s"\ninsecure\n' "$proxy" > "$work/home/.curlrc"
chmod 600 "$work/home/.netrc"
printf 'openssl_conf = it\n[it]\nssl_conf = ssl\n[ssl]\nsystem_default = all\n[all]\nMinProtocol = TLSv1\nCipherString = ALL:@SECLEVEL=0\n' > "$work/openssl.cnf"

astray() {
    env HOME="$work/home" TMPDIR="$work/tmp" NETRC="$work/home/.netrc" \
        SSLKEYLOGFILE="$work/keys-of-tls" OPENSSL_CONF="$work/openssl.cnf" \
        SSL_CERT_FILE="$work/nobody.pem" SSL_CERT_DIR="$work/nowhere" CURL_CA_BUNDLE="$work/nobody.pem" \
        http_proxy="$proxy" https_proxy="$proxy" HTTPS_PROXY="$proxy" ALL_PROXY="$proxy" all_proxy="$proxy" \
        HOSTALIASES="$work/aliases" MALLOC_TRACE="$work/malloc" \
        timeout 300 "$SLIPWAY" --state "$state" "$@"
}

start_lab "$work/lab" --appliances 2 --managers 1 --speed 10
astray plan "$lab_dir/campaign.yaml" > "$work/plan.out" 2>&1 || cat "$work/plan.out"
astray run > "$work/run.out" 2>&1
code=$?
check 'the campaign ends well' equal "$code $(sql "select group_concat(n || ' ' || state) from (select count(*) n, state from target group by state)")" '0 2 succeeded'
check 'nobody came to the proxy' test ! -s "$work/proxy.seen"
check 'no session key of TLS was written' test ! -e "$work/keys-of-tls"
check 'nothing is left among temporary files' equal "$(ls -A "$work/tmp")" ''
astray doctor > "$work/doctor.out" 2>&1
check 'doctor tells of OPENSSL_CONF' grep -q 'OPENSSL_CONF' "$work/doctor.out"
check 'doctor tells of SSLKEYLOGFILE' grep -q 'SSLKEYLOGFILE' "$work/doctor.out"
stop_helpers
[ "$failed" -eq 0 ] || tail -n 30 "$work/run.out" "$work/proxy.seen" "$work/doctor.out"
finish
