# tap.sh - TAP for shell tests; sourced.  srcdir and builddir are set by make check; by hand they default to ".".
set -u
srcdir=${srcdir:-.} builddir=${builddir:-.}
tap_count=0 tap_failed=0

diag() { printf '%s\n' "$*" | sed 's/^/# /'; }
# tap_result STATUS TEXT
tap_result() {
    tap_count=$((tap_count + 1))
    if [ "$1" -eq 0 ]; then
        echo "ok $tap_count - $2"
    else
        echo "not ok $tap_count - $2"
        tap_failed=$((tap_failed + 1))
    fi
    return "$1"
}
# ok TEXT COMMAND...: passes when the command succeeds.
ok() {
    tap_text=$1
    shift
    "$@"
    tap_result $? "$tap_text"
}
# run_ok TEXT COMMAND...: the same; what the command said is shown when it fails.
run_ok() {
    tap_text=$1
    shift
    tap_out=$("$@" 2>&1)
    tap_result $? "$tap_text" || diag "$* said: $tap_out"
}
# is TEXT GOT WANT
is() {
    [ "$2" = "$3" ]
    tap_result $? "$1" || diag "got '$2', expected '$3'"
}
# like TEXT GOT REGEX (extended)
like() {
    printf '%s\n' "$2" | grep -Eq -- "$3"
    tap_result $? "$1" || diag "got '$2', expected a match of '$3'"
}
# wait_for SECONDS COMMAND...: until the command succeeds.
wait_for() {
    tap_end=$(($(date +%s) + $1))
    shift
    until "$@" >/dev/null 2>&1; do
        [ "$(date +%s)" -lt "$tap_end" ] || return 1
        sleep 0.05
    done
}
# A machine without root or without a program cannot run this test: skipped, but in CI a failure.
skip_unless_root_and() {
    tap_why=
    [ "$(id -u)" = 0 ] || tap_why="needs root"
    for tap_program in "$@"; do
        PATH=$PATH:/usr/sbin command -v "$tap_program" >/dev/null || tap_why="needs $tap_program"
    done
    [ -n "$tap_why" ] || return 0
    [ "${CI:-}" != true ] || { echo "Bail out! $tap_why"; exit 1; }
    echo "1..0 # SKIP $tap_why"
    exit 0
}
done_testing() {
    echo "1..$tap_count"
    [ "$tap_failed" = 0 ] && [ "$tap_count" -gt 0 ]
}
