"""Makes the reports of a history again, with Python's own calendar and statistics, and compares: recompute.py HISTORY FOLDER
ZONE MINUTES FIRST LAST. Prints what differs, then how many files and rows were right."""

import csv
import math
import pathlib
import sqlite3
import statistics
import sys
from collections import defaultdict
from datetime import datetime, timedelta, timezone
from zoneinfo import ZoneInfo

history, folder, zone, minutes, first, last = sys.argv[1:]
zone, minutes, first, last = ZoneInfo(zone), int(minutes), int(first), int(last)
database = sqlite3.connect(history)
names = dict(database.execute("select id, name from tag"))


def at(seconds):
    return datetime.fromtimestamp(seconds, timezone.utc).astimezone(zone)


def start_of(seconds):
    """The start of the span that a moment is in, as a date and time by the clocks, and its fold."""
    local = at(seconds)
    minute = (local.hour * 60 + local.minute) // minutes * minutes
    if minutes > 60:
        return local.replace(hour=minute // 60, minute=minute % 60, second=0, microsecond=0, fold=0)
    low = seconds - ((local.hour * 60 + local.minute - minute) * 60 + local.second)
    if at(low).utcoffset() == local.utcoffset():
        return at(low)
    # The clocks were set in between: the span begins then.
    high = seconds
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (low, middle) if at(middle).utcoffset() == local.utcoffset() else (middle, high)
    return at(high)


values = defaultdict(lambda: defaultdict(list))
for tag, time, value, kind, status in database.execute("select tag, time, value, kind, status from sample"):
    seconds = time // 1_000_000_000
    usable = status < 0x80000000 and kind in (1, 2, 3, 4) and value is not None and math.isfinite(value)
    if usable and first <= seconds < last:
        start = start_of(seconds)
        values[(start.replace(tzinfo=None), start.fold, start.utcoffset())][tag].append(float(value))

right_files = right_rows = 0
seen = set()
for (start, fold, offset), tags in sorted(values.items()):
    length = f"{minutes // 60}hour" if minutes % 60 == 0 else f"{minutes}min"
    number = "-2" if fold else ""
    name = f"report_{length}_{start:%Y-%m-%d_%H%M}{number}.csv"
    if minutes == 1440:
        name = f"daily_summary_{start:%Y-%m-%d}.csv"
    seen.add(name)
    path = pathlib.Path(folder) / name
    if not path.exists():
        print("missing", name)
        continue
    rows = {row["sensor_name"]: row for row in csv.DictReader(path.open())}
    for tag, numbers in tags.items():
        row = rows.pop(names[tag], None)
        wanted = {
            "count": len(numbers),
            "mean": statistics.fmean(numbers),
            "min": min(numbers),
            "max": max(numbers),
            "stddev": statistics.stdev(numbers) if len(numbers) > 1 else 0,
        }
        if row is None:
            print("no row of", names[tag], "in", name)
            continue
        wrong = [k for k, v in wanted.items() if abs(float(row[k]) - v) > 0.500001e-4 + 1e-12 * abs(v)]
        time = row.get("timestamp") or row["date"]
        if minutes != 1440 and datetime.fromisoformat(time) != start.replace(tzinfo=timezone(offset)):
            wrong.append("timestamp")
        if int(row["sensor_id"]) != tag or wrong:
            print("wrong", name, wrong, row, wanted)
        else:
            right_rows += 1
    if rows:
        print("too many rows in", name, list(rows))
    right_files += 1
for path in pathlib.Path(folder).iterdir():
    if path.name not in seen:
        print("too much", path.name)
print(right_files, right_rows)
