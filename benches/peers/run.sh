#!/bin/sh
# keyfleet beside other engines on two models: a geographic HSM service (benches/common/w1.rs says which) and the hold model, in
# which each of so many entities schedules itself again and again. Installs SimPy and builds the Rust peers under target/, runs
# all in turn, five rounds with five seeds, and prints medians of processor time (user and system, one thread). What cannot be
# installed is said and left out; keyfleet and the bare loops must run. Fails too where an engine's means say that it did not
# do the same work. Ratios are what counts: machines are noisy.
set -eu
cd "$(dirname "$0")/../.."

rounds=5
requests=1000000
events=2000000
# SimPy takes some hundred times as long.
slow_requests=100000
slow_events=300000
target=${CARGO_TARGET_DIR:-target}/peers
measured=$target/measured.txt
mkdir -p "$target"
: >"$measured"

# build PACKAGE PROFILE: its last complaint is said.
build() {
    cargo build --quiet --locked --manifest-path benches/peers/rust/Cargo.toml --target-dir "$target/rust" \
        --package "$1" --profile "$2" 2>"$target/$1.log" && return 0
    echo "peers: $1 is left out: $(grep -m 1 '^error' "$target/$1.log" || echo "see $target/$1.log")"
    return 1
}

# simpy: an environment of its own, whose Python is then used.
simpy() {
    [ -x "$target/venv/bin/python" ] && "$target/venv/bin/python" -c 'import simpy' 2>/dev/null && return 0
    if { python3 -m venv "$target/venv" && "$target/venv/bin/pip" install --quiet simpy==4.1.2; } >"$target/simpy.log" 2>&1
    then
        return 0
    fi
    echo "peers: simpy is left out: $(tail -n 1 "$target/simpy.log")"
    return 1
}

# measure ENGINE MODEL PROGRAM...: keeps what it printed.
measure() {
    engine=$1 model=$2
    shift 2
    if ! printed=$("$@"); then
        echo "peers: $engine failed on $model"
        exit 1
    fi
    echo "$engine $model $printed" >>"$measured"
}

# compiled ENGINE PROGRAM...: both models, with the seed of the round.
compiled() {
    engine=$1
    shift
    measure "$engine" w1 "$@" w1 "$requests" "$seed"
    measure "$engine" hold-1k "$@" hold 1000 "$events" "$seed"
    measure "$engine" hold-100k "$@" hold 100000 "$events" "$seed"
}

build own release || exit 1
own=$target/rust/release/own
engines=
build nexosim-peer best && engines="$engines nexosim"
build simcore-peer best && engines="$engines simcore"
simpy && engines="$engines simpy"

seed=1
while [ "$seed" -le "$rounds" ]; do
    compiled keyfleet-events "$own" events
    measure keyfleet-known w1 "$own" known w1 "$requests" "$seed"
    measure keyfleet-scenario w1 "$own" scenario w1 "$requests" "$seed"
    measure bare w1 "$own" bare w1 "$requests" "$seed"
    # The faster of the two bare queues at each size.
    measure bare hold-1k "$own" ring hold 1000 "$events" "$seed"
    measure bare hold-100k "$own" radix hold 100000 "$events" "$seed"
    for peer in $engines; do
        if [ "$peer" = simpy ]; then
            python=$target/venv/bin/python
            measure simpy w1 "$python" benches/peers/simpy_peer.py w1 "$slow_requests" "$seed"
            measure simpy hold-1k "$python" benches/peers/simpy_peer.py hold 1000 "$slow_events" "$seed"
        else
            compiled "$peer" "$target/rust/best/$peer-peer"
        fi
    done
    seed=$((seed + 1))
done
awk -f benches/peers/table.awk "$measured"
