#!/bin/sh
# Runs test programs and adds up what they say. `run.sh DIRECTORY PROGRAM...`; the name says how: plain-, asan-, slow- (memcheck), race- (helgrind).
# $POLYSOCK_TEST_EMULATOR runs programs built for another kind of machine. $KNOWN_FAILURES names a file of tests that can't
# succeed there, "PROGRAM TEST" below a comment with the reason; one of them that succeeds is a failure, too, unless the reason begins
# with "sometimes".
set -u
out=$1
shift
passed=0 failed=0
log=$out/log
for program in "$@"; do
    name=${program##*/}
    prefix=${POLYSOCK_TEST_EMULATOR:-} under=''
    case $name in
    asan-*) # a program that was not built with the sanitizers would prove nothing
        symbols=$(nm "$program")
        case $symbols in *__asan_init*) ;; *) echo "FAILED $name: not instrumented (asan)"; failed=$((failed + 1)) ;; esac
        case $symbols in *__ubsan_handle*) ;; *) echo "FAILED $name: not instrumented (ubsan)"; failed=$((failed + 1)) ;; esac
        under='address and undefined-behaviour sanitizers'
        ;;
    slow-*)
        leaks='--leak-check=full --show-leak-kinds=definite --errors-for-leak-kinds=definite'
        # A forked child forgets on purpose what threads of its parent may have been changing.
        case $name in *-fork) leaks='--leak-check=no' ;; esac
        prefix="valgrind -q --error-exitcode=99 $leaks"
        under=valgrind
        ;;
    race-*)
        prefix="valgrind -q --tool=helgrind --error-exitcode=99 --suppressions=helgrind.supp"
        under=helgrind
        ;;
    static-*) under='static library' ;;
    examples) prefix='' under='those of the reference' ;;
    headers) prefix='' under='in every standard of C and C++' ;;
    esac
    # shellcheck disable=SC2086
    ASAN_OPTIONS=detect_leaks=1:detect_stack_use_after_return=1 UBSAN_OPTIONS=print_stacktrace=1 \
        timeout 120 $prefix "$program" >"$log" 2>&1
    code=$?
    if [ "$name" = race-race ]; then # found, it is right
        code=$((code == 99 ? 0 : 1))
    fi
    counts=$(grep -E '^[0-9]+ passed, [0-9]+ failed$' "$log" | tail -1)
    if [ -z "$counts" ]; then
        counts='0 passed, 1 failed'
    fi
    bad=${counts#*, }
    bad=${bad% failed}
    if [ "$bad" = 0 ] && { [ "$code" != 0 ] || [ "${counts%% *}" = 0 ]; }; then
        bad=1 # a sanitizer or valgrind has found something, or no test ran
    fi
    known=0
    if [ -n "${KNOWN_FAILURES:-}" ]; then
        for test in $(awk -v program="$name" '/^#/ { sometimes = /^# sometimes/ } $1 == program { print $2 (sometimes ? "~" : "") }' "$KNOWN_FAILURES"); do
            if grep -qE "^ *FAILED ${test%'~'}(:.*)?\$" "$log"; then
                known=$((known + 1))
            elif [ "$test" = "${test%'~'}" ]; then
                echo "known to fail, but passed: $name $test"
                failed=$((failed + 1))
            fi
        done
        if [ "$known" != 0 ] && [ "$known" = "$bad" ]; then
            echo "$name: $known known failures"
            bad=0
        fi
    fi
    passed=$((passed + ${counts%% *}))
    failed=$((failed + bad))
    if [ "$bad" != 0 ]; then
        echo "FAILED $name (exit code $code)"
        sed 's/^/    /' "$log"
    else
        grep '^skipped: ' "$log"
    fi
    printf '%-16s %s%s\n' "$name" "$counts" "${under:+  ($under)}"
done
echo "$passed passed, $failed failed"
[ "$failed" = 0 ] && [ "$passed" != 0 ]
