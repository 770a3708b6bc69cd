#!/bin/sh
# What this machine can't test: said where it is noticed, and once more at the end of `make test`.
#
#   skipped.sh WHAT NEEDS   says it, and notes it in the file that $POLYSOCK_SKIPPED names
#   skipped.sh              shows the notes, by what they need
#
# A note is a line of WHAT, a tab, and NEEDS. The tests of each language write them too.
set -eu
if [ $# = 2 ]; then
    echo "skipped: $1: needs $2"
    [ -z "${POLYSOCK_SKIPPED:-}" ] || printf '%s\t%s\n' "$1" "$2" >>"$POLYSOCK_SKIPPED"
    exit 0
fi
[ -s "${POLYSOCK_SKIPPED:?which file has the notes}" ] || exit 0
echo "not tested here (\`make setup\` installs what Debian has):"
LC_ALL=C sort -u "$POLYSOCK_SKIPPED" | awk -F '\t' '
    !($2 in tests) { needs[++count] = $2 }
    { tests[$2] = tests[$2] "\n      " $1 }
    END { for (i = 1; i <= count; i++) print "  needs " needs[i] ":" tests[needs[i]] }
'
