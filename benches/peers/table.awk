# The table of run.sh. Each line: engine, model, requests or events, processor seconds, and for w1 mean wait and latency in ms.
# Fails where an engine's means over the rounds are not those of the model: from 60 million requests of the bare loop, with room
# for what a few hundred thousand requests of the slowest vary by.
BEGIN {
    wait = 0.4898; wait_room = 0.04
    latency = 59.9555; latency_room = 0.005
}

{
    if (!($1 in seen)) { seen[$1] = 1; engines[++count] = $1 }
    key = $1 SUBSEP $2
    ns[key, ++rounds[key]] = $4 * 1e9 / $3
    if ($2 == "w1") { waits[$1] += $5; latencies[$1] += $6 }
}

# The middle one, or a dash.
function median(engine, model,    key, n, i, j, value, sorted) {
    key = engine SUBSEP model
    n = rounds[key]
    if (!n) return "-"
    for (i = 1; i <= n; i++) {
        value = ns[key, i]
        for (j = i - 1; j > 0 && sorted[j] > value; j--) sorted[j + 1] = sorted[j]
        sorted[j + 1] = value
    }
    return sorted[int((n + 1) / 2)]
}

function shown(value, format) { return value == "-" ? "-" : sprintf(format, value) }

function ratio(value, of) { return value == "-" || of == "-" ? "-" : sprintf("%.2f", value / of) }

function far(value, from, room) { return !(value > from * (1 - room) && value < from * (1 + room)) }

END {
    names["keyfleet-events"] = "keyfleet, every step an event"
    names["keyfleet-known"] = "keyfleet, departures known"
    names["keyfleet-scenario"] = "keyfleet, as a scenario"
    names["bare"] = "bare loop"
    names["nexosim"] = "nexosim 1.0"
    names["simcore"] = "simcore 0.1"
    names["simpy"] = "SimPy 4.1.2"
    events = median("keyfleet-events", "w1")
    known = median("keyfleet-known", "w1")
    form = "%-30s %10s %14s %9s %9s %9s %10s %9s %10s\n"
    printf form, "", "HSM service", "requests per", "x events", "x known", "wait", "latency", "hold 1k", "hold 100k"
    printf form, "", "ns/request", "CPU-second", "", "", "ms", "ms", "ns/event", "ns/event"
    for (i = 1; i <= count; i++) {
        e = engines[i]
        w1 = median(e, "w1")
        n = rounds[e, "w1"]
        printf form, names[e], shown(w1, "%.0f"), shown(w1 == "-" ? "-" : 1e9 / w1, "%.0f"), ratio(w1, events), \
            ratio(w1, known), sprintf("%.4f", waits[e] / n), sprintf("%.3f", latencies[e] / n), \
            shown(median(e, "hold-1k"), "%.0f"), shown(median(e, "hold-100k"), "%.0f")
        if (far(waits[e] / n, wait, wait_room) || far(latencies[e] / n, latency, latency_room))
            wrong = wrong "peers: " names[e] ": the mean wait or latency is not that of the model\n"
    }
    if (!("keyfleet-events" in seen) || !("bare" in seen)) wrong = wrong "peers: keyfleet or the bare loop did not run\n"
    printf "%s", wrong
    exit wrong != ""
}
