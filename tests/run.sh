#!/bin/sh
# Passes all tests: installs what they need, when it is missing and when it may, then runs them. Prints each skipped test and
# fails on one that tests/skips.txt does not allow.
set -eu
cd "$(dirname "$0")/.."

# Install PACKAGE when COMMAND is missing and this is a Debian machine where we may.
need() {
    command -v "$1" >/dev/null 2>&1 && return 0
    if command -v apt-get >/dev/null 2>&1 && [ "$(id -u)" = 0 ]; then
        apt-get update -qq >/dev/null 2>&1 || true
        apt-get install -y -qq --no-install-recommends "$2" >/dev/null 2>&1 || true
    fi
    command -v "$1" >/dev/null 2>&1 || echo "tests/run.sh: $1 is missing and could not be installed (package $2)"
}
need cc gcc
need chromium chromium
# For benches/instructions.sh, which cannot install anything itself.
need valgrind valgrind

KEYFLEET_SKIPS="${TMPDIR:-/tmp}/keyfleet-skips.$$"
export KEYFLEET_SKIPS
: >"$KEYFLEET_SKIPS"
trap 'rm -f "$KEYFLEET_SKIPS"' EXIT

cargo test --release --locked

# A test that skips itself writes its name and the reason there.
bad=0
while IFS= read -r line; do
    name=${line%%:*}
    echo "skipped: $line"
    grep -qx "$name" tests/skips.txt || { echo "tests/run.sh: $name may not be skipped"; bad=1; }
done <"$KEYFLEET_SKIPS"
exit "$bad"
