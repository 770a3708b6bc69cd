#!/bin/sh
# Runs the examples of the reference. `run_examples.sh DIRECTORY` has them built.
set -u
here=$(cd "$(dirname "$0")" && pwd)
out=$1
emulator=${POLYSOCK_TEST_EMULATOR:-}
passed=0 failed=0
work=$(mktemp -d)
server=
trap '[ -z "$server" ] || kill "$server"; rm -rf "$work"' EXIT

check() { # example, what it must print, command
    name=$1 expected=$2
    shift 2
    # shellcheck disable=SC2086
    if timeout 60 $emulator "$@" >"$work/out" 2>&1 && grep -qF -- "$expected" "$work/out"; then
        passed=$((passed + 1))
    else
        echo "FAILED $name: does not print '$expected'"
        sed 's/^/    /' "$work/out"
        failed=$((failed + 1))
    fi
}

check errors 'service must be a name' "$out/example-errors"
if getent hosts localhost >/dev/null; then
    check addresses 'localhost is ' "$out/example-addresses"
else
    sh "$here/../../tools/skipped.sh" "C: the example addresses" "the name localhost (/etc/hosts)"
fi
check sockets 'then the end: 0' "$out/example-sockets"
check streams 'ETRUNCATED after 3 bytes: def' "$out/example-streams"
check delivery 'acknowledged: 0 bytes not acknowledged, 6 thrown away' "$out/example-delivery"
check datagrams 'hell..., from the right one: 1' "$out/example-datagrams"
check frames 'ETRUNCATED, 2 bytes missing' "$out/example-frames"
check messages 'written through the copy' "$out/example-messages"
check options 'ttl must be 1 to 255' "$out/example-options"
check batch '99 sent, 99 received: hello' "$out/example-batch"
check waiting 'socket 70 says y' "$out/example-waiting"
check server 'Hello, client 4' "$out/example-server"
check message_server 'I am Bob' "$out/example-message_server"
check net 'EEOF, and for good' "$out/example-net"

mkfifo "$work/printed"
# shellcheck disable=SC2086
$emulator "$out/example-timeout_server" >"$work/printed" &
server=$!
read -r address <"$work/printed"
check 'client and server' 'answer: hello' "$out/example-timeout_client" "$address"
for example in timeout_client timeout_server; do # what their reader was promised
    emulator='' check "$example has 30 lines" 'fine' awk 'END { if (NR <= 30) print "fine" }' "$2/$example.c"
done
echo "$passed passed, $failed failed"
[ "$failed" = 0 ] && [ "$passed" != 0 ]
