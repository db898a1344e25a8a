# set.py FILE TIME: puts the clock of programs with step_clock.so to a time, 2026-03-01T10:00:00 in UTC.
import calendar, os, struct, sys, time

seconds = calendar.timegm(time.strptime(sys.argv[2], "%Y-%m-%dT%H:%M:%S"))
offset = struct.pack("<q", seconds * 10**9 - time.time_ns())
if not os.path.exists(sys.argv[1]):
    with open(sys.argv[1], "wb") as new:
        new.write(bytes(4096))
with open(sys.argv[1], "r+b") as file:
    file.write(offset)
