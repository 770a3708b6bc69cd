#!/bin/sh
# Reports what this machine can't test: where it is noticed, and again at the end of `make test`.
#
#   skipped.sh TEST NEEDS   reports that TEST was skipped, and notes it in the file that $POLYSOCK_SKIPPED names
#   skipped.sh              shows the notes, grouped by what the tests need
#
# A note is a line of TEST, a tab, and NEEDS. The tests of each language write notes, too.
set -eu
if [ $# = 2 ]; then
    echo "skipped: $1: needs $2"
    [ -z "${POLYSOCK_SKIPPED:-}" ] || printf '%s\t%s\n' "$1" "$2" >>"$POLYSOCK_SKIPPED"
    exit 0
fi
[ -s "${POLYSOCK_SKIPPED:?must name the file of the notes}" ] || exit 0
echo "not tested here (\`make setup\` installs what Debian has):"
LC_ALL=C sort -u "$POLYSOCK_SKIPPED" | awk -F '\t' '
    !($2 in tests) { needs[++count] = $2 }
    { tests[$2] = tests[$2] "\n      " $1 }
    END { for (i = 1; i <= count; i++) print "  needs " needs[i] ":" tests[needs[i]] }
'
