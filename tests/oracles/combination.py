"""Weights of combinations, read slowly from their definitions."""

import numpy as np


def features(raw, signs):
    """Return signed ranks in (-0.5, 0.5), date by date and factor by factor."""
    from scipy.stats import rankdata

    made = np.zeros(raw.shape)
    for r in range(raw.shape[0]):
        for k in range(raw.shape[2]):
            row = raw[r, :, k].astype(float) * signs[k]
            made[r, :, k] = (rankdata(row) - 0.5) / row.size - 0.5
    return made


def targets(value):
    """Return the ranks of the returns of each date."""
    from scipy.stats import rankdata

    return np.stack([(rankdata(row) - 0.5) / row.size - 0.5 for row in value])


def ics(made, learnt):
    """Return Spearman's correlation of each factor with the target on each date."""
    from scipy.stats import spearmanr

    return np.array(
        [[spearmanr(row[:, k], y)[0] for k in range(row.shape[1])]
         for row, y in zip(made, learnt, strict=True)]
    )  # fmt: skip


def shrunk(raw, shrink):
    """Return weights of 0 or more, shrunk towards equal ones."""
    kept = np.maximum(raw, 0)
    equal = np.full(raw.size, 1 / raw.size)
    return equal if kept.sum() == 0 else shrink * equal + (1 - shrink) * kept / kept.sum()


def ic_weights(found, shrink):
    return shrunk(found.mean(axis=0), shrink)


def icir_weights(found, shrink):
    spread = np.maximum(found.std(axis=0, ddof=1), 0.03)
    return shrunk(found.mean(axis=0) / spread, shrink)


def max_ir_weights(found, shrink, diagonal):
    joint = np.cov(found.T)
    own = np.diag(np.maximum(found.std(axis=0, ddof=1), 0.03) ** 2)
    whole = (1 - diagonal) * joint + diagonal * own + 1e-6 * own
    return shrunk(np.linalg.inv(whole) @ found.mean(axis=0), shrink)
