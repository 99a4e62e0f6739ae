"""Choose the days, drop faulty rows, make features, split off the hold-out."""

import hashlib
from pathlib import Path

import pandas as pd
import yaml

params = yaml.safe_load(Path("params.yaml").read_text())["prepare"]
days = pd.read_csv("data/weather.csv", parse_dates=["date"])
days = days[(days.date >= str(params["from"])) & (days.date <= str(params["to"]))]
before = len(days)
days = days.dropna()
days = days[days.temp_min <= days.temp_max]
print(f"{before - len(days)} faulty rows dropped, {len(days)} kept")

days["day"] = days.date.dt.dayofyear
days["wet"] = (days.precipitation > 0).astype(int)
days["date"] = days.date.dt.strftime("%Y-%m-%d")


def is_holdout(row):
    """The same day is always on the same side, whatever else is in the data."""
    digest = hashlib.sha256(f"{row.location}|{row.date}".encode()).digest()
    return digest[0] / 256 < params["holdout"]


side = days.apply(is_holdout, axis=1)
columns = ["temp_max", "temp_min", "wind", "day", "wet", "location", "date"]
Path("work").mkdir(exist_ok=True)
days.loc[~side, columns].to_csv("work/train.csv", index=False)
days.loc[side, columns].to_csv("work/holdout.csv", index=False)
