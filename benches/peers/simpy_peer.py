"""The two models on SimPy, as its own examples write them: a process for each request, a resource for each pool. Times are in ms.

`simpy_peer.py w1 REQUESTS SEED` prints requests, processor seconds, mean wait and mean latency in ms;
`simpy_peer.py hold PENDING EVENTS SEED` prints events and processor seconds.
"""

import math
import random
import sys
import time

import simpy

WAN_MEDIAN_MS = (5.0, 20.0, 60.0)
SERVERS = 4
PER_MS = 3.2
# The median that gives a mean of 1 ms at sigma 0.5.
SERVICE_MU = math.log(0.8824969025845954)


class Region:
    def __init__(self, env, wan_median, requests):
        self.env = env
        self.wan_mu = math.log(wan_median)
        self.servers = simpy.Resource(env, capacity=SERVERS)
        self.answered, self.wait, self.latency = 0, 0.0, 0.0
        env.process(self.callers(requests))

    def callers(self, requests):
        for _ in range(requests):
            yield self.env.timeout(random.expovariate(PER_MS))
            self.env.process(self.request())

    def request(self):
        sent = self.env.now
        yield self.env.timeout(random.lognormvariate(self.wan_mu, 0.25))
        queued = self.env.now
        with self.servers.request() as turn:
            yield turn
            self.wait += self.env.now - queued
            yield self.env.timeout(random.lognormvariate(SERVICE_MU, 0.5))
        yield self.env.timeout(random.lognormvariate(self.wan_mu, 0.25))
        self.answered += 1
        self.latency += self.env.now - sent


def w1(requests):
    env = simpy.Environment()
    regions = [Region(env, median, requests // 3) for median in WAN_MEDIAN_MS]
    env.run()
    answered = sum(region.answered for region in regions)
    return answered, sum(r.wait for r in regions) / answered, sum(r.latency for r in regions) / answered


def hold(pending, events):
    done = 0

    def entity(env):
        nonlocal done
        while True:
            yield env.timeout(random.expovariate(1.0))
            done += 1

    env = simpy.Environment()
    for _ in range(pending):
        env.process(entity(env))
    env.run(until=events / pending)
    return done


def main(what, *numbers):
    *size, seed = map(int, numbers)
    random.seed(seed)
    before = time.process_time()
    if what == "w1":
        done, *means = w1(*size)
    else:
        done, means = hold(*size), []
    cpu = time.process_time() - before
    print(done, f"{cpu:.6f}", *(f"{mean:.6f}" for mean in means))


if __name__ == "__main__":
    main(*sys.argv[1:])
