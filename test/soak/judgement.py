# SPDX-License-Identifier: Apache-2.0
"""The end of a soak: what the logs say of each request, what was lost, what grew; and a summary."""
import os
import re

from meters import growth, growth_of_children, growth_of_parent
from world import claimed, ray, visitor

ACCESS = re.compile(r"^(?P<a>\S+) (?P<peer>\S+) (?P<status>\d+) (?P<id>\S+) \"(?P<line>.*)\" origin=(?P<origin>\S+) "
                    r"reason=(?P<reason>\S+) .* ray=(?P<ray>\S+) colo=\S+$")
NUMBER = re.compile(r"[?&]([lh])(\d+)")
BELIEVED = {"verified", "tunnel"}

# A snapshot that is lost with each reload came to 1,450 KiB a minute; without a fault it is 100 to 250 (the threads and
# HTTP/2 of httpd, with and without the module), and the parent gains 2 KiB a restart, as it does without the module.
CHILD_KIB_A_MINUTE = 512
PARENT_KIB_A_RESTART = 24
BETWEEN_PERIODS = 1.15
CHILD_DESCRIPTORS = 0
SHORT = 600  # seconds: in less, nothing has warmed up


def check_access_log(soak, control):
    """Each answer is there once, with its own visitor; nobody else's line has one."""
    seen, tally = {}, soak.tally
    for line in soak.origin.httpd.access_log():
        match = ACCESS.match(line)
        if not match:
            tally.fail("access log", f"cannot be read: {line}")
            continue
        number = NUMBER.search(match["line"])
        if control:
            continue
        if not number:
            if match["origin"] in BELIEVED:
                tally.fail("mixed up", f"believed without a number: {line}")
            continue
        check_line(soak, match, int(number[2]), line)
        seen[int(number[2])] = seen.get(int(number[2]), 0) + 1
    for number, (status, expected) in soak.expected.items():
        if not control and expected and isinstance(status, int) and number not in seen:
            tally.fail("access log", f"no line of {number}, which was answered with {status}")
    tally.counts["lines of the access log"] = sum(seen.values())


def check_line(soak, match, number, line):
    status, expected = soak.expected.get(number, (None, None))
    if match["origin"] in BELIEVED:
        refused = expected is False and number not in soak.repeated  # the first time, it may have been right
        if match["a"] != visitor(number) or match["ray"] not in (ray(number), "-") or refused:
            soak.tally.fail("mixed up", f"{line} ({status}, {expected})")
    elif match["a"] != match["peer"]:
        soak.tally.fail("mixed up", f"not believed, and not the peer: {line}")
    elif match["a"] == claimed(number):
        soak.tally.fail("mixed up", line)


def check_error_log(soak):
    for number, line in soak.origin.log.refused.items():
        status, expected = soak.expected.get(int(number[1:]), (None, None))
        if expected or status == "lost":
            soak.tally.fail("legitimate request refused", line)


def check_losses(soak):
    """httpd may lose a connection while children of the last generation end, but no other. The control run shows how
    often it does."""
    for when, what, text in soak.losses:
        if soak.origin.restarting(when - 2, when):
            soak.tally.count(f"at a graceful restart {what}")
        else:
            soak.tally.fail("legitimate request lost", f"{what}, and no restart: {text}")


def check_children(soak):
    """A child serves until its last connection ends, which takes httpd's Timeout where the client does nothing."""
    end = soak.begun + soak.seconds
    late = [entry for entry in soak.origin.restarts if entry[1] is None and entry[0] < end - 120]
    if late:
        soak.tally.fail("children", f"of {len(late)} generations did not end")


def check_growth(soak, duration, control):
    samples, lines = soak.meters.samples, []
    for name in ("descriptors", "maps", "map KiB", *(["shm", "sem"] if os.environ.get("CFO_SOAK_ALONE") else []), "files", "Threads"):
        before, after = growth(samples, name)
        lines.append(f"{name} {before} -> {after}")
        if duration >= SHORT and after > before:
            soak.tally.fail("growth", f"{name}: at most {before}, then {after}")
    return lines + check_memory(soak, samples, duration, control)


def check_memory(soak, samples, duration, control):
    parent, periods = growth_of_parent(samples), growth_of_children(samples)
    lines = [f"parent {samples[0]['RssAnon']} -> {samples[-1]['RssAnon']} KiB, {parent:+.1f} a restart"]
    for period in periods:
        lines.append(f"children, calm until {period['time']:.0f} s: {period['KiB']:.0f} KiB, {period['KiB a minute']:+.1f} a minute, "
                     f"descriptors {period['descriptors']:+}")
    if duration < SHORT or control or os.environ.get("CF_ORIGIN_PRELOAD"):  # AddressSanitizer keeps what is freed
        return lines
    if parent > PARENT_KIB_A_RESTART:
        soak.tally.fail("growth", lines[0])
    # The last period may have been cut: it is not warm yet.
    long = [p for p in periods if p["minutes"] >= max(1, 0.8 * max(q["minutes"] for q in periods))]
    if not long:
        soak.tally.fail("growth", "no calm period was long enough to judge the memory of children")
    for period in long:
        if period["descriptors"] > CHILD_DESCRIPTORS:
            soak.tally.fail("growth", f"descriptors of a child: {period}")
    for period in long[1:]:
        if period["KiB a minute"] > CHILD_KIB_A_MINUTE or period["KiB"] > long[0]["KiB"] * BETWEEN_PERIODS:
            soak.tally.fail("growth", f"children: {period}, in the first period {long[0]}")
    return lines


def judge(soak, options):
    check_access_log(soak, options.control)
    if not options.control:
        check_error_log(soak)
    check_losses(soak)
    check_children(soak)
    grown = check_growth(soak, options.duration, options.control)
    failed = soak.tally.failed()
    counts = "\n".join(f"  {n:>8} {name}" for name, n in sorted(soak.tally.counts.items()))
    codes = ", ".join(f"{code} {n}" for code, n in sorted(soak.origin.log.codes.items()))
    failures = "".join(f"FAILED {text}\n" for text in soak.tally.failures[soak.shown:])
    return (f"{failures}{counts}\n  log codes: {codes}\n  " + "\n  ".join(grown) + "\n"
            f"mpm_{options.mpm}{' without the module' if options.control else ''}, {soak.seconds:.0f} s, seed {options.seed}, "
            f"{soak.used:.0f} s of processor time, {len(soak.origin.restarts)} graceful restarts: "
            f"{soak.tally.counts['legitimate requests served']} legitimate requests served, "
            f"{soak.tally.counts['hostile requests refused']} hostile ones refused, {failed} failures")
