"""What the clocks of places show: a line "ZONE SECONDS" of standard input becomes the offset from UTC in seconds."""

import sys
from datetime import datetime, timezone
from zoneinfo import ZoneInfo

for line in sys.stdin:
    name, seconds = line.split()
    moment = datetime.fromtimestamp(int(seconds), timezone.utc).astimezone(ZoneInfo(name))
    print(int(moment.utcoffset().total_seconds()))
