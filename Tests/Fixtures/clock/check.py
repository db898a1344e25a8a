# Holds what a gateway wrote while its clock jumped against each other: the file, the history, the reports, the ledger.
import csv, glob, json, subprocess
from collections import Counter, defaultdict

samples = [json.loads(line) for line in open("out.jsonl")]
numbers = [sample["seq"] for sample in samples]
assert numbers == list(range(1, len(numbers) + 1)), "a number is missing, twice or out of order"
years = {sample["time"][:4] for sample in samples}
assert years == {"1970", "2026"}, years

ledger = list(csv.DictReader(subprocess.run(
    ["iiotctl", "gateway", "ledger", "gateway.yaml", "--format", "csv"],
    check=True, capture_output=True, text=True).stdout.splitlines()))
folded = [row for row in ledger if row["sink"] == "" and row["tag"] == "tank/other"][0]
counts = [sample for sample in samples if sample["tag"] == "tank/other.count"]
assert sum(sample["value"] for sample in counts) == int(folded["acquired"]), "a value is in no window, or in two"

history = subprocess.run(
    ["iiotctl", "export", "gateway.yaml", "--format", "jsonl"],
    check=True, capture_output=True, text=True).stdout.splitlines()
assert len(history) == len(samples), (len(history), len(samples))

by_minute = defaultdict(Counter)
for sample in samples:
    by_minute[sample["time"][:16]][sample["tag"]] += 1
reported = {}
for path in glob.glob("reports/*.csv"):
    for row in csv.DictReader(open(path)):
        key = (row["timestamp"][:16], row["sensor_name"])
        assert key not in reported, ("reported twice", key)
        reported[key] = int(row["count"])
minutes = {minute for minute, _ in reported}
print("minutes reported:", " ".join(sorted(minutes)))
for (minute, tag), count in reported.items():
    assert by_minute[minute][tag] == count, (minute, tag, count, by_minute[minute][tag])
print("everything is there once")
