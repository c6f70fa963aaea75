"""A file of a user's own that another one beside it imports."""

import numpy as np


def trailing_mean(values, days, window):
    """Mean of the last `window` rows of each day asked for, [len(days), N]; NaN before."""
    found = np.full((len(days), values.shape[1]), np.nan)
    for k, day in enumerate(days):
        if day + 1 >= window:
            found[k] = np.nanmean(values[day - window + 1 : day + 1], axis=0)
    return found
