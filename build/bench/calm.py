"""Measures again what other programs have disturbed."""

import os
import pathlib
import time

from bench import cpu

DISTURBED = 0.15  # of all processors, taken by others


def busy():
    """Seconds of processor time of everything on this machine since it started."""
    fields = pathlib.Path("/proc/stat").read_text().split("\n", 1)[0].split()[1:]
    user, nice, system, _, _, irq, soft = (int(f) for f in fields[:7])
    return (user + nice + system + irq + soft) / os.sysconf("SC_CLK_TCK")


def own(pids):
    """The part of it that is ours: this program, what it ran, and the servers."""
    return sum(os.times()[:4]) + sum(cpu(pid) for pid in pids)


class Others:
    """How much of the machine other programs take while a block runs."""

    def __init__(self, pids):
        self.pids = pids

    def __enter__(self):
        self.began, self.before = time.monotonic(), busy() - own(self.pids)
        return self

    def __exit__(self, *_):
        took = time.monotonic() - self.began
        self.share = max(0, (busy() - own(self.pids) - self.before) / took / os.cpu_count())


def wait(pids, most=10):
    """Waits until nobody else does much, or that long."""
    until = time.monotonic() + most
    while time.monotonic() < until:
        with Others(pids) as o:
            time.sleep(0.25)
        if o.share < DISTURBED:
            return


def rounds(pids, measure, n=5, enough=5, patience=20):
    """Up to n results of measure in about enough seconds, and what share of the machine others had.

    Only undisturbed rounds count where patience seconds have one, else the least disturbed.
    """
    all_of_them, began = [], time.monotonic()
    while True:
        wait(pids, max(0.3, began + patience - time.monotonic()))
        with Others(pids) as o:
            value = measure()
        all_of_them.append((o.share, value))
        good = [pair for pair in all_of_them if pair[0] < DISTURBED]
        if len(good) >= n or time.monotonic() - began > (enough if good else patience):
            break
    good = good or [min(all_of_them, key=lambda pair: pair[0])]
    return [v for _, v in good], max(s for s, _ in good)
