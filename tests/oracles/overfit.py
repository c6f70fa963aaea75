"""The probability of backtest overfitting, read slowly from the paper's algorithm 2.3."""

from itertools import combinations

import numpy as np


def cscv(returns: np.ndarray, blocks: int) -> tuple[float, list[float]]:
    """Return the probability of overfitting and the logit of each choice of blocks."""
    pieces = np.array_split(returns, blocks)
    logits = []
    for chosen in combinations(range(blocks), blocks // 2):
        inside = np.vstack([pieces[k] for k in chosen])
        outside = np.vstack([pieces[k] for k in range(blocks) if k not in chosen])
        sharpes = [column.mean() / column.std(ddof=1) for column in inside.T]
        best = int(np.argmax(sharpes))
        others = [column.mean() / column.std(ddof=1) for column in outside.T]
        below = sum(one < others[best] for one in others)
        rank = (below + 1) / (len(others) + 1)
        logits.append(float(np.log(rank / (1 - rank))))
    return sum(one <= 0 for one in logits) / len(logits), logits
