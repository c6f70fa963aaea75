"""The chapters of the report, built from the tables of a run."""

import json
from typing import Any, Protocol

import numpy as np
import pandas as pd

from quanthedge.beta.wording import estimator_text
from quanthedge.errors import RuleError
from quanthedge.performance import (
    ATTRIBUTION_LINES,
    COST_LINES,
    FEE_LINES,
    Measure,
    Summary,
    attribution,
    definitions,
    monthly_table,
    refusals_by_reason,
    yearly_table,
)
from quanthedge.rebalancing.wording import policy_text
from quanthedge.report import specs
from quanthedge.report.blocks import (
    Cell,
    Chapter,
    Figure,
    Lines,
    Table,
    measure_cell,
    number_cell,
    signed,
)
from quanthedge.report.texts import Language, words

__all__ = ["Run", "build_chapters", "cards", "own_words", "verdict"]

_SHADE_AT = 0.04  # a month of four percent has the deepest colour
_SHOWN_HOLDINGS = 10


class Run(Protocol):
    """What the report reads of a result."""

    @property
    def ledger(self) -> pd.DataFrame:
        """One row a day, the opening balances first."""
        ...

    @property
    def trades(self) -> pd.DataFrame:
        """Orders done."""
        ...

    @property
    def refusals(self) -> pd.DataFrame:
        """Orders not done, and why."""
        ...

    @property
    def positions(self) -> pd.DataFrame:
        """Holdings on the recorded days."""
        ...

    @property
    def strategy(self) -> dict[str, Any]:
        """The strategy with every default."""
        ...

    @property
    def market_info(self) -> dict[str, Any]:
        """Name, fingerprint and span of the data."""
        ...

    @property
    def versions(self) -> dict[str, str]:
        """Packages that computed."""
        ...

    @property
    def timeline(self) -> Any:
        """What is known when: text, or text by language."""
        ...

    @property
    def notes(self) -> list[Any]:
        """Repairs and assumptions: texts, or texts by language."""
        ...

    def summary(self) -> Summary:
        """Return the statistics."""
        ...


class _Writer:
    """The run, its statistics and the words of one language."""

    def __init__(self, run: Run, language: Language) -> None:
        self.run, self.language = run, language
        self.words = words(language)
        self.summary = run.summary()
        self.index_code = str(run.strategy.get("benchmark", ""))
        self.index = (
            specs.index_name(self.index_code, language)
            if self.index_code
            else str(self.words["figures"]["index"])
        )

    def head(self, *names: str) -> list[str]:
        """Return column titles; those of the index carry its name."""
        columns = self.words["columns"]
        return [self.index if name == "index" else str(columns[name]) for name in names]

    def cell(self, key: str) -> Cell:
        """Return a measure's value."""
        return measure_cell(self.summary[key], self.language)

    def name(self, formula: str) -> Cell:
        """Return a measure's name without its variant."""
        return Cell(str(definitions()["measures"][formula][self.language]))

    def figure(self, name: str, spec: dict[str, Any], **values: object) -> Figure:
        """Return a figure with its title and note from the catalogue."""
        return Figure(f"figure-{_slug(name)}", *self._texts(name, name, values), spec)

    def table(
        self,
        name: str,
        head: list[str],
        rows: list[list[Cell]],
        *,
        note: str = "",
        emphasised: frozenset[int] = frozenset(),
        folded: bool = False,
        **values: object,
    ) -> Table:
        """Return a table with its title and note from the catalogue."""
        title, caption = self._texts(name, note or name, values)
        return Table(f"table-{_slug(name)}", title, caption, head, rows, emphasised, folded)

    def lines(self, name: str, items: list[str], kind: str = "lines") -> Lines:
        """Return a list with its title and note from the catalogue."""
        title = str(self.words["titles"].get(name, ""))
        caption = str(self.words["captions"].get(name, ""))
        return Lines(f"text-{_slug(name)}", title, caption, items, kind)

    def _texts(self, name: str, note: str, values: dict[str, object]) -> tuple[str, str]:
        title = str(self.words["titles"][name]).format(**values)
        return title, str(self.words["captions"][note]).format(**values)


def _slug(name: str) -> str:
    return name.replace("_", "-")


def build_chapters(run: Run, language: Language) -> list[Chapter]:
    """Return the chapters of a run's report, in reading order."""
    writer = _Writer(run, language)
    makers = {
        "performance": _performance,
        "monthly": _monthly,
        "drawdown": _drawdown,
        "neutrality": _neutrality,
        "hedge": _hedge,
        "bridge": _bridge,
        "costs": _costs,
        "holdings": _holdings,
        "refusals": _refusals,
        "notes": _notes,
        "timeline": _timeline,
        "definitions": _definitions,
        "strategy": _strategy,
        "warnings": _warnings,
    }
    headings = writer.words["headings"]
    return [Chapter(_slug(key), headings[key], make(writer)) for key, make in makers.items()]


def cards(run: Run, language: Language) -> list[dict[str, Any]]:
    """Return the key figures of the cover: name, value and a line below."""
    writer = _Writer(run, language)
    summary, columns = writer.summary, writer.words["columns"]
    comma = "：" if language == "zh" else ": "

    def with_variant(key: str, variant: str) -> str:
        return f"{columns[variant]}{comma}{summary[key].text(language)}"

    def interval(key: str) -> str:
        found = summary[key]
        if found.value is None or found.estimate is None:
            return ""
        return f"{columns['interval']} [{found.estimate.low:.3f}, {found.estimate.high:.3f}]"

    span = [summary[f"drawdown_{end}"].text(language) for end in ("peak", "trough")]
    fell = summary["drawdown_peak"].value is not None
    below = {
        "unit_value_net": with_variant("unit_value_gross", "gross"),
        "annual_return_net": with_variant("annual_return_gross", "gross"),
        "volatility_net": f"{writer.index}{comma}{summary['volatility_index'].text(language)}",
        "sharpe_net": with_variant("sharpe_gross", "gross"),
        "max_drawdown_net": [f"{span[0]} –", span[1]] if fell else "",
        "correlation_weekly": interval("correlation_weekly"),
        "hedge_ratio_mean": f"{writer.name('turnover').text}{comma}"
        f"{summary['turnover'].text(language)}",
        "paid_per_year_costs_and_fees": f"{summary['paid_costs_and_fees'].text(language)} "
        f"{writer.words['yuan']}",
    }
    found = []
    for key, line in below.items():
        measure = summary[key]
        name = (
            writer.words["headings"]["costs"] if key.startswith("paid") else measure.label(language)
        )
        found.append(
            {
                "name": name,
                "value": measure.text(language),
                "below": [line] if isinstance(line, str) else line,
                "key": key,
            }
        )
    return found


def verdict(run: Run, language: Language) -> list[str]:
    """Return what the figures say, in a few sentences for the cover."""
    writer = _Writer(run, language)
    summary, texts = writer.summary, writer.words["verdict"]
    text = {measure.key: measure.text(language) for measure in summary}
    sentences = [
        texts["return"].format(
            net=text["return_net"],
            annual=text["annual_return_net"],
            drawdown=text["max_drawdown_net"],
            index=writer.index,
            market=text["return_index"],
        )
    ]
    for every in ("weekly", "daily"):
        linked = summary[f"correlation_{every}"].estimate
        if linked is None or not np.isfinite(linked.value):
            continue
        kind = "neutral" if linked.low <= 0.0 <= linked.high else "not_neutral"
        sentences.append(
            texts[kind].format(
                frequency=writer.words["frequencies"][every],
                index=writer.index,
                value=f"{linked.value:.3f}",
                low=f"{linked.low:.3f}",
                high=f"{linked.high:.3f}",
            )
        )
    if summary["paid_per_year_trading_costs"].value is not None:
        sentences.append(
            texts["costs"].format(
                costs=text["paid_per_year_trading_costs"], fees=text["paid_per_year_fund_fees"]
            )
        )
    accrued = summary.value("accrued_performance_fee")
    if isinstance(accrued, float) and accrued >= 1.0:
        sentences.append(
            texts["accrued"].format(
                amount=text["accrued_performance_fee"], after=text["return_after_accrual"]
            )
        )
    days = summary.value("calendar_days")
    if isinstance(days, int) and days < 365:
        sentences.append(texts["short"])
    return sentences


def _performance(writer: _Writer) -> list[Table | Figure | Lines]:
    ledger, summary = writer.run.ledger, writer.summary
    formulas = (
        "unit_value", "return", "annual_return", "volatility", "sharpe", "sortino",
        "max_drawdown", "calmar",
    )  # fmt: skip
    rows = [
        [writer.name(formula)]
        + [
            writer.cell(key) if (key := f"{formula}_{basis}") in summary else Cell("–", "quiet")
            for basis in ("net", "gross", "index")
        ]
        for formula in formulas
    ]
    single = (
        "return_after_accrual", "win_rate_daily", "win_rate_weekly", "win_rate_monthly",
        "profit_loss_ratio", "best_day", "worst_day", "risk_free",
    )  # fmt: skip
    return [
        writer.figure("unit_value", specs.unit_value(ledger, writer.language, writer.index_code)),
        writer.table("key_measures", writer.head("measure", "net", "gross", "index"), rows),
        writer.table("other_measures", writer.head("measure", "value"), _listed(writer, single)),
        _yearly(writer),
    ]


def _yearly(writer: _Writer) -> Table:
    rows = [
        [
            Cell(str(year), "year"),
            signed(row["net"], ".2%"),
            signed(row["gross"], ".2%"),
            signed(row["index"], ".2%"),
            number_cell(row["volatility"], ".2%"),
            number_cell(row["max_drawdown"], ".2%"),
            number_cell(row["hedge_ratio"], ".1%"),
            number_cell(row["turnover"], ".2f"),
            number_cell(row["costs"], ",.0f"),
            number_cell(row["fees"], ",.0f"),
            number_cell(row["days"], ".0f"),
        ]
        for year, row in yearly_table(writer.run.ledger).iterrows()
    ]
    head = writer.head(
        "year", "net", "gross", "index", "volatility", "max_drawdown", "hedge_ratio", "turnover",
        "costs", "fees", "days",
    )  # fmt: skip
    return writer.table("yearly", head, rows)


def _monthly(writer: _Writer) -> list[Table | Figure | Lines]:
    blocks: list[Table | Figure | Lines] = []
    months = [
        f"{month}月" if writer.language == "zh" else pd.Timestamp(2000, month, 1).strftime("%b")
        for month in range(1, 13)
    ]
    head = [*writer.head("year"), *months, writer.words["whole_year"]]
    for basis, name in (("net", "monthly_net"), ("gross", "monthly_gross")):
        table = monthly_table(writer.run.ledger, "net" if basis == "net" else "gross")
        rows = []
        for year, values in table.iterrows():
            cells = [
                signed(value, ".2%", _SHADE_AT) if pd.notna(value) else Cell("")
                for value in values.iloc[:12]
            ]
            rows.append([Cell(str(year), "year"), *cells, signed(values.iloc[12], ".2%")])
        made = writer.table(name, head, rows, note="monthly")
        caption = f"{made.caption}{'' if writer.language == 'zh' else ' '}{writer.words['colours']}"
        blocks.append(Table(made.id, made.title, caption, head, rows, kind="months"))
    return blocks


def _drawdown(writer: _Writer) -> list[Table | Figure | Lines]:
    keys = (
        "max_drawdown_net", "drawdown_peak", "drawdown_trough", "drawdown_recovery",
        "drawdown_fall_trading", "drawdown_fall_calendar", "drawdown_way_back_trading",
        "drawdown_way_back_calendar", "longest_drawdown_trading", "longest_drawdown_calendar",
    )  # fmt: skip
    spec = specs.drawdown(writer.run.ledger, writer.language, writer.index_code)
    return [
        writer.figure("drawdown", spec),
        writer.table("drawdown_facts", writer.head("measure", "value"), _listed(writer, keys)),
    ]


def _listed(writer: _Writer, keys: tuple[str, ...]) -> list[list[Cell]]:
    return [[Cell(writer.summary[key].label(writer.language)), writer.cell(key)] for key in keys]


def _neutrality(writer: _Writer) -> list[Table | Figure | Lines]:
    ledger, language = writer.run.ledger, writer.language
    rows = []
    for every in ("daily", "weekly", "monthly"):
        pair = [writer.summary[f"{name}_{every}"] for name in ("correlation", "beta")]
        cells = [cell for measure in pair for cell in _estimate(measure, language)]
        count = pair[0].estimate.observations if pair[0].estimate else 0
        rows.append([Cell(writer.words["frequencies"][every]), *cells, Cell(str(count), "number")])
    head = writer.head(
        "frequency", "correlation", "error", "interval", "beta", "error", "interval",
        "observations",
    )  # fmt: skip
    return [
        writer.figure("scatter", specs.scatter(ledger, language, writer.index_code)),
        writer.table("relation", head, rows),
        writer.figure("net_beta", specs.fund_beta(ledger, language)),
    ]


def _estimate(measure: Measure, language: Language) -> list[Cell]:
    found = measure.estimate
    if measure.value is None or found is None:
        return [measure_cell(measure, language), Cell("–", "quiet"), Cell("–", "quiet")]
    return [
        number_cell(found.value, ".3f"),
        number_cell(found.standard_error, ".3f"),
        Cell(f"[{found.low:.3f}, {found.high:.3f}]", "number"),
    ]


def _hedge(writer: _Writer) -> list[Table | Figure | Lines]:
    ledger, language = writer.run.ledger, writer.language
    names = (
        "hedge_ratio", "net_exposure", "gross_exposure", "book_beta", "net_beta", "margin",
        "free_cash",
    )  # fmt: skip
    rows = [
        [writer.name(name)]
        + [writer.cell(f"{name}_{variant}") for variant in ("mean", "lowest", "highest")]
        for name in names
    ]
    blocks: list[Table | Figure | Lines] = [
        writer.figure("exposure", specs.exposure(ledger, language)),
        writer.table("exposures", writer.head("measure", "mean", "lowest", "highest"), rows),
        writer.figure("lots", specs.lots(ledger, language)),
        _basis(writer),
        writer.figure("accounts", specs.accounts(ledger, language)),
    ]
    rolls = _rolls(writer)
    return [*blocks, rolls] if rolls.rows else blocks


def _rolls(writer: _Writer) -> Table:
    """Return each roll: the contract bought back and the one sold, with prices and lots."""
    trades = writer.run.trades
    rows = []
    rolled = trades[trades["reason"] == "roll"]
    for (date, _product), day in rolled.groupby(["date", rolled["code"].str[:2]]):
        closed, opened = (day[day["side"] == side] for side in ("buy", "sell"))
        if closed.empty or opened.empty:
            continue
        old, new = closed.iloc[0], opened.iloc[0]
        rows.append(
            [
                Cell(f"{date:%Y-%m-%d}"),
                Cell(str(old["code"]), "number"),
                number_cell(old["price"], ",.1f"),
                Cell(str(new["code"]), "number"),
                number_cell(new["price"], ",.1f"),
                number_cell(float(closed["quantity"].sum()), ",.0f"),
                number_cell(float(opened["quantity"].sum()), ",.0f"),
            ]
        )
    head = writer.head("date", "old", "old_price", "new", "new_price", "lots_closed", "lots_opened")
    return writer.table("rolls", head, rows, folded=True)


def _basis(writer: _Writer) -> Figure | Lines:
    """Return the basis where the contract's index is the benchmark, else the reason."""
    ledger = writer.run.ledger
    product = (writer.run.strategy.get("hedge") or {}).get("product")
    if isinstance(product, list):  # the ledger names the largest contract of a day only
        product = product[0] if len(product) == 1 else None
    held = ledger.index[ledger["lots"] != 0]
    contract = _contract(product, held) if product and len(held) else None
    if contract is None:
        reason = "basis_no_lots" if product else "basis_no_product"
    elif not writer.index_code.startswith(contract[1]):
        reason = "basis_other_index"
    else:
        spec = specs.basis(ledger, contract[0], writer.language)
        return writer.figure("basis", spec, multiplier=f"{contract[0]:.0f}")
    text = writer.words["not_shown"].format(reason=writer.words["empty"][reason])
    return Lines("text-basis", str(writer.words["titles"]["basis"]), "", [text], "remark")


def _contract(product: str, days: pd.Index) -> tuple[float, str] | None:
    """Return the multiplier of a product and the code of its index; None where unknown."""
    from quanthedge.rules import futures_rules

    known = {"IF": "000300", "IH": "000016", "IC": "000905", "IM": "000852"}
    try:
        return futures_rules(product, days).multiplier, known[product]
    except (RuleError, KeyError):
        return None


def _bridge(writer: _Writer) -> list[Table | Figure | Lines]:
    ledger, names = writer.run.ledger, writer.words["lines"]
    whole, years = attribution(ledger).iloc[0], attribution(ledger, "year")
    unit = float(writer.words["figures"]["money_unit"])
    shown = [name for name in ATTRIBUTION_LINES if bool((years[name].abs() >= 0.5).any())] + [
        "equity_change"
    ]
    rows = [
        [
            Cell(names[name]),
            signed(whole[name], ",.0f"),
            *[signed(value / unit, ",.1f") for value in years[name]],
        ]
        for name in shown
    ]
    money = str(writer.words["figures"]["money"])
    residual = format(abs(float(whole["residual"])), ".6f")
    head = [
        *writer.head("line", "yuan"),
        *[str(day.year) for day in pd.DatetimeIndex(years.index)],
    ]
    last = frozenset({len(rows) - 1})
    return [
        writer.figure("bridge", specs.bridge(ledger, writer.language), residual=residual),
        writer.table("attribution", head, rows, emphasised=last, money=money),
    ]


def _costs(writer: _Writer) -> list[Table | Figure | Lines]:
    order = [*COST_LINES, "trading_costs", *FEE_LINES, "fund_fees", "costs_and_fees"]
    names = writer.words["lines"]
    rows = [
        [Cell(names[line]), writer.cell(f"paid_{line}"), writer.cell(f"paid_per_year_{line}")]
        for line in order
    ]
    sums = frozenset(order.index(line) for line in ("trading_costs", "fund_fees", "costs_and_fees"))
    head = writer.head("line", "yuan", "per_year")
    return [
        writer.table("costs", head, rows, emphasised=sums),
        writer.figure("water_mark", specs.water_mark(writer.run.ledger, writer.language)),
    ]


def _holdings(writer: _Writer) -> list[Table | Figure | Lines]:
    positions = writer.run.positions
    if not len(positions):
        return [writer.lines("holdings_empty", [writer.words["empty"]["holdings"]], "remark")]
    last = positions["date"].max()
    book = positions[positions["date"] == last].sort_values(
        ["weight", "code"], ascending=[False, True]
    )
    top = book.head(_SHOWN_HOLDINGS)
    rows = [
        [
            Cell(str(row["code"])),
            number_cell(row["shares"], ",.0f"),
            number_cell(row["price"], ",.2f"),
            number_cell(row["value"], ",.0f"),
            number_cell(row["weight"], ".2%"),
        ]
        for _, row in top.iterrows()
    ]
    keys = (
        "turnover", "bought", "sold", "trades", "names_mean", "names_lowest", "names_highest",
    )  # fmt: skip
    return [
        writer.table(
            "holdings",
            writer.head("code", "shares", "price", "amount", "weight"),
            rows,
            date=f"{last:%Y-%m-%d}",
            share=f"{top['weight'].sum():.2%}",
            names=len(book),
        ),
        writer.table("trading", writer.head("measure", "value"), _listed(writer, keys)),
    ]


def _refusals(writer: _Writer) -> list[Table | Figure | Lines]:
    refusals, reasons = writer.run.refusals, writer.words["reasons"]
    if not len(refusals):
        return [writer.lines("refusals_empty", [writer.words["empty"]["refusals"]], "remark")]
    rows = [
        [
            Cell(reasons[reason]["name"] if reason in reasons else str(reason)),
            number_cell(row["count"], ",.0f"),
            number_cell(row["codes"], ",.0f"),
            number_cell(row["done_share"], ".1%"),
            Cell(reasons[reason]["meaning"] if reason in reasons else "", "wide"),
        ]
        for reason, row in refusals_by_reason(refusals).iterrows()
    ]
    head = writer.head("reason", "count", "codes", "done_share", "meaning")
    return [writer.table("refusals", head, rows)]


def _in_language(value: Any, language: Language) -> str:
    """Return a sentence that may come in both languages or as plain text."""
    return str(value.get(language, "")) if isinstance(value, dict) else str(value)


def _notes(writer: _Writer) -> list[Table | Figure | Lines]:
    notes = [_in_language(note, writer.language) for note in writer.run.notes]
    blocks: list[Table | Figure | Lines] = [
        writer.lines("notes", notes or [writer.words["empty"]["notes"]])
    ]
    rules = getattr(writer.run, "rules", None)
    if rules is not None and len(rules):
        weak = rules[rules["confidence"].isin(["C", "M"])]
        rows = [
            [Cell(str(row["table"])), Cell(str(row["key"]), "value"), Cell(str(row["confidence"]))]
            for _, row in weak.iterrows()
        ]
        if rows:
            head = writer.head("rule", "key", "confidence")
            blocks.append(writer.table("weak_rules", head, rows))
    return blocks


def _timeline(writer: _Writer) -> list[Table | Figure | Lines]:
    text = _in_language(writer.run.timeline, writer.language)
    items = [line.partition(". ")[2] or line for line in text.splitlines() if line.strip()]
    return [writer.lines("timeline", items, "steps")]


def _definitions(writer: _Writer) -> list[Table | Figure | Lines]:
    shown = {measure.formula: measure for measure in writer.summary}
    rows = [
        [writer.name(formula), Cell(measure.formula_text(writer.language), "wide")]
        for formula, measure in shown.items()
    ]
    caption = writer.words["captions"]["definitions"]
    title = writer.words["headings"]["definitions"]
    return [Table("table-definitions", title, caption, writer.head("measure", "formula"), rows)]


def _strategy(writer: _Writer) -> list[Table | Figure | Lines]:
    names, strategy = writer.words["parameters"], writer.run.strategy
    places = {
        "name": "name",
        "capital_yuan": "capital_yuan",
        "benchmark": "benchmark",
        "invested_fraction": "invested_fraction",
        "stocks": "selector.n",
        "beta": "beta.kind",
        "beta_window": "beta.window",
        "product": "hedge.product",
        "ratio": "hedge.ratio",
        "policy": "hedge.policy",
        "roll_days": "hedge.roll_days",
        "commission_rate": "costs.commission_rate",
        "slippage": "costs.slippage_bp",
        "management_fee": "fund.management_fee_per_year",
        "custody_fee": "fund.custody_fee_per_year",
        "performance_fee": "fund.performance_fee_rate",
    }
    fractions = {"invested_fraction", "commission_rate"} | {
        f"{fee}_fee" for fee in ("management", "custody", "performance")
    }
    rows = []
    for key, place in places.items():
        value = _at(strategy, place)
        if key == "name":
            value = own_words(strategy, "name", writer.language)
        if value is None:
            continue
        if key == "beta":
            text = estimator_text(value, writer.language)
        elif key == "policy":
            text = policy_text(value, writer.language)
        elif isinstance(value, list):
            text = ", ".join(str(one) for one in value)
        elif isinstance(value, int | float):
            text = f"{value * 100:g}%" if key in fractions else f"{value:,.10g}"
        else:
            text = str(value)
        rows.append([Cell(names[key]), Cell(text, "value")])
    # Escaped in the English page, so that texts in Chinese read back without being shown.
    readable = writer.language == "zh"
    code = json.dumps(strategy, ensure_ascii=not readable, indent=2, default=str)
    head = writer.head("parameter", "value")
    return [
        writer.table("strategy", head, rows),
        writer.table("market", head, _market_rows(writer)),
        writer.lines("all_parameters", [code], "code"),
    ]


def _market_rows(writer: _Writer) -> list[list[Cell]]:
    info, names = writer.run.market_info, writer.words["market"]
    span = info.get("span") or " – ".join(
        str(info[end]) for end in ("data_start", "data_end") if end in info
    )
    versions = ", ".join(f"{name} {number}" for name, number in writer.run.versions.items())
    values = {
        "name": info.get("name"),
        "span": span,
        "stocks": info.get("stocks"),
        "fingerprint": info.get("fingerprint"),
        "python": versions,
    }
    return [[Cell(names[key]), Cell(str(v), "value")] for key, v in values.items() if v]


def own_words(strategy: dict[str, Any], key: str, language: Language) -> str:
    """Return the user's own text, in the reader's language where there is one."""
    return str((strategy.get(f"{key}_zh") if language == "zh" else "") or strategy.get(key) or "")


def _at(tree: Any, place: str) -> Any:
    """Return the value at a dotted place, None where there is none."""
    for part in place.split("."):
        if not isinstance(tree, dict) or part not in tree:
            return None
        tree = tree[part]
    return tree


def _warnings(writer: _Writer) -> list[Table | Figure | Lines]:
    return [writer.lines("warnings", list(writer.words["warnings"]["texts"]))]
