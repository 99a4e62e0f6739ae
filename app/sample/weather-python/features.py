"""What the model sees of a day."""

import numpy as np
import pandas as pd

INPUTS = ["temp_max", "temp_min", "wind", "day"]


def features(days: pd.DataFrame) -> pd.DataFrame:
    angle = 2 * np.pi * days["day"] / 365.25
    return pd.DataFrame(
        {
            "temp_max": days["temp_max"],
            "temp_min": days["temp_min"],
            "temp_range": days["temp_max"] - days["temp_min"],
            "wind": days["wind"],
            "season_sin": np.sin(angle),
            "season_cos": np.cos(angle),
        }
    )
