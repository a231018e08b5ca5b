#!/bin/sh
# Counts, under valgrind, the machine instructions per request of the fixed pieces of work in benches/work.rs, and holds them
# against benches/instructions.txt. Unlike time they do not depend on what else the machine does.
#   sh benches/instructions.sh                      fails when a work takes more than it did
#   sh benches/instructions.sh --accept             writes what they take now
#   sh benches/instructions.sh --planted [WORK...]  fails when 5 % more work than is counted would have passed
set -eu
cd "$(dirname "$0")/.."

works="events departures-known fleet guarded regions"
baseline=benches/instructions.txt
# In percent. Runs of one program agree to the last digit; where it lies (the length of its path) has moved a work by 0.01 %, a
# processor for which the C library chooses other loops that copy and compare by 0.6 %.
tolerance=2
planted=5

fail() {
    echo "benches/instructions.sh: $1" >&2
    exit 1
}

# The same form and the same list as those of tests that skip themselves.
skip() {
    [ "$mode" != --accept ] || fail "nothing to accept: $1"
    echo "skipped: instructions: $1"
    grep -qx instructions tests/skips.txt || fail "instructions may not be skipped"
    exit 0
}

# What the numbers hold for.
compiler() { rustc -V; }
target() { rustc -vV | sed -n 's/^host: /target /p'; }

# How much of WORK is done: enough for a few seconds.
amount() {
    case $1 in
    events | departures-known) echo 150000 ;;
    fleet | guarded) echo 2000 ;;
    regions) echo 600 ;;
    *) fail "no such work: $1" ;;
    esac
}

# Sets $program to the work program, built as the tests build theirs.
build() {
    program=$(cargo bench --locked --bench work --no-run --message-format=json |
        sed -n 's/.*"name":"work".*"executable":"\([^"]*\)".*/\1/p')
    [ -x "$program" ] || fail "cargo bench --bench work --no-run gave no program"
}

# Runs the work program on "$@" and sets $instructions and $requests. The environment, which lies on the program's stack, moves
# the count a little, so it is the same one everywhere.
count() {
    env -i PATH=/usr/bin:/bin LC_ALL=C "$valgrind" --tool=callgrind --callgrind-out-file=/dev/null "$program" "$@" \
        >"$scratch" 2>&1 || { cat "$scratch" >&2; fail "valgrind failed on: $*"; }
    instructions=$(sed -n 's/^==[0-9]*== Collected : \([0-9]*\)$/\1/p' "$scratch")
    requests=$(sed -n 's/^\([0-9]*\) requests$/\1/p' "$scratch")
    [ -n "$instructions" ] && [ -n "$requests" ] || { cat "$scratch" >&2; fail "no count of: $*"; }
}

# Sets $each to the instructions per request of WORK, without those of starting. With MORE, so many percent more are done, but
# divided by the requests of a run (needing no valgrind) without them.
measure() {
    count "$1" 0
    start_instructions=$instructions start_requests=$requests
    count "$1" "$(amount "$1")" ${2:+"$2"}
    [ -z "${2:-}" ] || requests=$("$program" "$1" "$(amount "$1")" | sed -n 's/ requests$//p')
    each=$(LC_ALL=C awk -v i="$((instructions - start_instructions))" -v r="$((requests - start_requests))" \
        'BEGIN { printf "%.1f", i / r }')
}

# Whether $each is no more than the baseline of WORK allows; says how they compare.
judge() {
    was=$(awk -v name="$1" '$1 == name { print $2 }' "$baseline")
    [ -n "$was" ] || { echo "$1: $each instructions per request, and none in $baseline; accept: $accept"; return 1; }
    LC_ALL=C awk -v name="$1" -v each="$each" -v was="$was" -v most="$tolerance" -v file="$baseline" -v accept="$accept" 'BEGIN {
        more = (each / was - 1) * 100
        printf "%s: %.1f instructions per request, ", name, each
        if (more > most) {
            printf "%.2f %% more than the %.1f of %s, and at most %s %% may be; mend it or accept it: %s\n", more, was, file, most, accept
            exit 1
        }
        printf "%+.2f %%", more
        if (more < -most) printf "; note: tighten %s: %s", file, accept
        print ""
    }'
}
accept="sh benches/instructions.sh --accept"

check() {
    bad=0
    for work in $works; do
        measure "$work"
        judge "$work" || bad=1
    done
    return "$bad"
}

# Whether the judgement sees more work than is counted.
plant() {
    bad=0
    for work in "$@"; do
        measure "$work" "$planted"
        if judge "$work"; then
            bad=1
            echo "$work: $planted % more work passed: the gate is blind, or $baseline is too high: $accept"
        else
            echo "$work: so must it be, with $planted % more work planted"
        fi
    done
    return "$bad"
}

# Written whole or not at all.
accept() {
    {
        echo "# Instructions per request, written by: $accept"
        echo "# $(compiler)"
        echo "# $(target)"
        echo "# $("$valgrind" --version)"
    } >"$written"
    for work in $works; do
        measure "$work"
        echo "$work $each" | tee -a "$written"
    done
    cp "$written" "$baseline"
}

mode=${1:---check}
valgrind=$(command -v valgrind) || skip "valgrind is missing (tests/run.sh installs it where it may)"
if [ "$mode" != --accept ]; then
    [ -f "$baseline" ] || fail "no $baseline; write it: $accept"
    for held in "$(compiler)" "$(target)"; do
        grep -qxF "# $held" "$baseline" || skip "$baseline does not hold for $held"
    done
fi
scratch=${TMPDIR:-/tmp}/keyfleet-instructions.$$
written=$scratch.txt
trap 'rm -f "$scratch" "$written"' EXIT
build
case $mode in
--check) check ;;
--accept) accept ;;
--planted)
    shift
    [ $# -gt 0 ] || set -- $works
    plant "$@"
    ;;
*) fail "usage: sh benches/instructions.sh [--accept | --planted [WORK...]]" ;;
esac
