"""Codes, industries and Chinese short names of invented companies."""

from typing import Any

import numpy as np

__all__ = ["INDUSTRIES", "company_names", "industry_count", "stock_codes"]

INDUSTRIES = (
    ("银行", "Banks"),
    ("医药生物", "Pharmaceuticals"),
    ("房地产", "Real estate"),
    ("机械设备", "Machinery"),
    ("化工", "Chemicals"),
    ("电子", "Electronics"),
    ("食品饮料", "Food and beverages"),
    ("有色金属", "Nonferrous metals"),
    ("公用事业", "Utilities"),
    ("计算机", "Computers"),
    ("汽车", "Automobiles"),
    ("交通运输", "Transport"),
    ("非银金融", "Securities and insurance"),
    ("家用电器", "Household appliances"),
    ("建筑装饰", "Construction"),
    ("采掘", "Mining"),
    ("钢铁", "Steel"),
    ("商业贸易", "Trade"),
    ("电气设备", "Electrical equipment"),
    ("传媒", "Media"),
    ("通信", "Telecommunication"),
    ("农林牧渔", "Agriculture"),
    ("建筑材料", "Building materials"),
    ("国防军工", "Defence"),
    ("轻工制造", "Light industry"),
    ("纺织服装", "Textiles"),
    ("休闲服务", "Leisure"),
    ("综合", "Conglomerates"),
)
_FIRST = "华东方中天海金新长江南北西宏远大安泰兴龙盛恒瑞嘉信通达广瀚"
_SECOND = "源辉峰润德丰宇科立创元明凯康诚博亚联汇昌"
_TAILS = (
    ("股份", "控股", "集团", "发展"),
    ("医药", "生物", "健康"),
    ("地产", "置业"),
    ("重工", "机械", "电力", "能源", "科技", "实业", "材料"),
)

Texts = np.ndarray[Any, Any]


def industry_count(stocks: int) -> int:
    """Return how many industries a market has: about ten stocks in each."""
    return int(np.clip(stocks // 10, 4, len(INDUSTRIES)))


def stock_codes(old: int, new: int, growth_board: bool) -> list[str]:
    """Return codes of `old` stocks spread over the boards, then of `new` Shanghai listings."""
    first = ["600.SH", "000.SZ", "601.SH", "002.SZ", *(["300.SZ"] if growth_board else [])]
    later = ["001.SZ", "003.SZ", *(["301.SZ"] if growth_board else [])]
    return _serials(old, (first, later)) + _serials(new, (["603.SH"], ["605.SH"]))


def _serials(count: int, tiers: tuple[list[str], ...]) -> list[str]:
    """Return codes dealt out to the boards in turn, 999 to each, tier by tier."""
    codes = [
        f"{board[:3]}{serial:03d}{board[3:]}"
        for boards in tiers
        for serial in range(1, 1000)
        for board in boards
    ]
    return codes[:count]


def company_names(count: int, industry: Texts, generator: np.random.Generator) -> list[str]:
    """Return short names of four characters, each used once."""
    used: set[str] = set()
    names = []
    for place in range(count):
        group = {1: 1, 2: 2}.get(int(industry[place]), 0 if industry[place] in (0, 12) else 3)
        while True:
            first, second = generator.integers(len(_FIRST)), generator.integers(len(_SECOND))
            tails = _TAILS[group] if len(used) < 400 else sum(_TAILS, ())
            name = _FIRST[first] + _SECOND[second] + tails[generator.integers(len(tails))]
            if name not in used or len(used) > 4000:
                break
        used.add(name)
        names.append(name)
    return names
