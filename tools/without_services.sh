#!/bin/sh
# Runs a command that installs Debian's packages, whose services are not started meanwhile:  without_services.sh COMMAND …
set -eu
policy=/usr/sbin/policy-rc.d
if [ ! -e "$policy" ]; then
    trap 'rm -f "$policy"' EXIT
    printf '#!/bin/sh\nexit 101\n' >"$policy"
    chmod 755 "$policy"
fi
"$@"
