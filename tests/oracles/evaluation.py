"""The ranking of factors read off its definition: pandas, loops over days, nothing shared."""

import numpy as np
import pandas as pd


def rank_ic(x, y):
    """Spearman's correlation of one day over the stocks that have both."""
    both = pd.DataFrame({"x": x, "y": y}).dropna()
    return both["x"].rank().corr(both["y"].rank()) if len(both) > 2 else np.nan


def neutral_ic(x, y, industry, size, where):
    """Correlation of what dummies and log size leave of the ranks, by least squares."""
    return _left(x, industry, size, where).corr(_left(y, industry, size, where))


def _left(values, industry, size, where):
    frame = pd.DataFrame({"v": values, "g": industry, "s": np.log(size)})[where].dropna()
    ranks = frame["v"].rank().to_numpy() / len(frame)
    design = np.column_stack([pd.get_dummies(frame["g"]).to_numpy(float), frame["s"].to_numpy()])
    fitted = design @ np.linalg.lstsq(design, ranks, rcond=None)[0]
    return pd.Series(ranks - fitted, index=frame.index)


def top_book(x, quantiles):
    """Weights of the highest quantile, n / Q stocks; equal values share, sum 1."""
    known = pd.Series(x).dropna()
    n, size = len(known), len(known) / quantiles
    border, weights = n - size, pd.Series(0.0, index=known.index)
    for value in known.unique():
        tied = known.index[known == value]
        below = int((known < value).sum())
        inside = max(0.0, below + len(tied) - max(border, below))
        weights[tied] = inside / len(tied) / size
    return weights.reindex(range(len(x)), fill_value=0.0)


def book_return(weights, y):
    """Return of the book over the stocks that have a label."""
    known = np.isfinite(y) & (weights > 0)
    return (weights[known] * y[known]).sum() / weights[known].sum() if known.any() else np.nan


def newey_west(values, lags):
    """t of the mean, the autocovariances one by one."""
    x = np.asarray(values, dtype=float)
    x = x[np.isfinite(x)]
    n, e = len(x), x - x.mean()
    variance = (e**2).sum() / n
    for lag in range(1, lags + 1):
        variance += 2 * (1 - lag / (lags + 1)) * (e[lag:] * e[:-lag]).sum() / n
    return x.mean() / np.sqrt(variance / n)


def future_return(bars, dates, held, begin, end):
    """Return from one day's open to another's, contract by contract as it was held.

    ``held`` names the contract held after each day's trading.
    """
    prices = bars.set_index(["contract", "date"])
    value = 1.0
    for t in range(begin, end):
        contract = held[t]
        start = prices.loc[(contract, dates[t]), "open"]
        now, after = dates[t], dates[t + 1]
        if held[t + 1] == contract or (contract, after) in prices.index:
            value *= prices.loc[(contract, after), "open"] / start
        else:  # delivered: at its last settlement
            value *= prices.loc[(contract, now), "settle"] / start
    return value - 1.0
