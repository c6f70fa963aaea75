"""Slow plain reference of a leveraged product, in exact fractions but for the policy's answer."""

from fractions import Fraction

from tests.oracles.policy import answer


def follow(model, prices, dates):
    """Return (value, exposure, rebalances) after each bar."""
    target, cost = Fraction(model.target), Fraction(model.trading_cost)
    value, exposure = Fraction(model.initial_value), Fraction(model.initial_value) * target
    last_price = prices[0]
    rows = [(value, exposure, 0)]
    for t in range(1, len(prices)):
        if value <= 0:
            rows.append((Fraction(0), Fraction(0), 0))
            continue
        move = prices[t] / prices[t - 1] - 1
        value += exposure * move
        exposure *= 1 + move
        if value > 0:
            seconds = int((dates[t] - dates[t - 1]).astype("timedelta64[s]").astype(int))
            years = Fraction(seconds, 365 * 86400)
            before = value
            value -= Fraction(model.funding_rate) * exposure * years
            value -= Fraction(model.management_fee_per_year) * before * years
        done = 0
        if value <= 0:
            value = exposure = Fraction(0)
        else:
            since = float(prices[t] / last_price) - 1.0
            leverage = float(exposure / value)
            due, landing = answer(model.policy, dates, t, model.target, leverage, since)
            if due:
                value, exposure, done = rebalance(value, exposure, Fraction(landing), cost)
                last_price = prices[t]
        # fractions grow without end; twenty more digits than floats hold are kept
        scale = 10**36
        value, exposure = (Fraction(round(v * scale), scale) for v in (value, exposure))
        rows.append((value, exposure, done))
    return rows


def rebalance(value, exposure, landing, cost):
    """Trade to a leverage that holds after the cost of the trade."""
    side = 1 if landing * value > exposure else -1
    # after = landing x (value - cost x side x (after - exposure))
    after = landing * (value + cost * side * exposure) / (1 + landing * cost * side)
    if (after - exposure) * side < 0:
        return value, exposure, 0
    paid = cost * abs(after - exposure)
    if paid >= value:
        return Fraction(0), Fraction(0), 1
    return value - paid, after, 1
