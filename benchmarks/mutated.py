"""What holds the engine's modules: the tests that are run for each fault planted into one."""

from typing import NamedTuple

__all__ = ["MODULES", "Held"]


class Held(NamedTuple):
    """A module, and what holds it: pytest's arguments, the quickest tests first."""

    module: str
    tests: tuple[str, ...]
    once: tuple[str, ...] = ()  # what does not depend on the module: each result is kept
    probe: str = ""  # one of these tests as a function, called first: most faults end there
    plain: bool = False  # compiled code, tried in plain Python (NUMBA_DISABLE_JIT)


PREPARED, REPLAY, WIRING = (
    f"tests/backtesting/test_{name}.py" for name in ("preparation", "replay", "wiring")
)
ROWS = f"{PREPARED}::test_every_row_handed_to_the_ledger_is_that_of_its_day"
ACCOUNTS = f"{PREPARED}::test_the_accounts_of_this_market_are_found_again"
PROBE = "tests.backtesting.test_preparation.rows_of_one_product"
BUSY = (
    "tests.backtesting.test_replay."
    "test_leavers_gates_lock_ups_and_fees_at_the_door_are_done_day_by_day"
)
DECISIONS = "tests/backtesting/test_known_at_decisions.py"
CLIENTS = (
    f"{REPLAY}::test_money_of_clients_comes_and_goes_to_the_cent",
    f"{REPLAY}::test_leavers_gates_lock_ups_and_fees_at_the_door_are_done_day_by_day",
    f"{REPLAY}::test_dividends_of_a_fund_with_clients_and_its_fees_at_the_door_are_booked",
)
FUND = (
    "tests/fund/test_lapsed_orders.py", "tests/fund/test_run_edges.py",
    "tests/fund/test_close_edges.py", "tests/fund/test_exit_fees.py", *CLIENTS,
    "tests/fund/test_dealing_days.py",
    "tests/fund/test_fund_run.py", "--deselect",
    "tests/fund/test_fund_run.py::test_the_ledger_closes_with_any_flows",
    "tests/fund/test_winding_up.py", "tests/fund/test_dealing.py",
)  # fmt: skip
PREPARED_ONCE = ("tests.backtesting.test_replay.prepare", "quanthedge.backtesting.run.prepare")
BESIDE = "tests/ledger/test_kernel_beside_reference.py::test_kernel_equals_reference_on_fixed_seeds"
BY_HAND = (
    "tests/ledger/test_orders_as_the_exchange_takes_them.py", "tests/ledger/test_stated_value.py",
    "tests/ledger/test_futures_leg.py", "tests/ledger/test_corporate_actions.py",
    "tests/ledger/test_sale_proceeds.py", "--deselect", "tests/ledger/test_sale_proceeds.py"
    "::test_no_purchase_is_paid_with_money_that_is_not_there_yet",
    "tests/ledger/test_untaxed_dividends.py", "tests/ledger/test_hedge_before_the_fills.py",
)  # fmt: skip
LEDGER = (*BY_HAND, *(f"{BESIDE}[{seed}]" for seed in (6, 0, 5)))
REFERENCE_ONCE = ("tests.ledger.test_kernel_beside_reference.run_reference",)
A_FEW = "tests.ledger.test_kernel_beside_reference.compare_a_few"
POLICIES = ("tests/hedge/policies",)
CONTRACTS = (
    "tests/hedge/test_contract_choice.py", "tests/hedge/test_contract_schedule.py",
    "tests/hedge/test_asked_contract.py", "tests/hedge/test_hedge_rule.py",
    "tests/hedge/test_timing.py",
)  # fmt: skip
BASIS = ("tests/hedge/test_basis.py", "tests/hedge/test_comparison.py")
RATIOS = ("tests/hedge/test_ratios.py", "tests/hedge/test_comparison.py")
METHODS = (
    "tests/fund/methods", "tests/fund/test_fund_terms.py", "tests/fund/test_unit_value.py",
    "tests/fund/test_winding_up.py", "tests/fund/test_dealing.py", "tests/fund/test_hurdle.py",
    "tests/fund/test_daily_values.py",
)  # fmt: skip


def _ledger_kernels() -> dict[str, Held]:
    """Return the day's order of events: compiled, tried in plain Python."""
    names = (
        "actions", "close", "day", "fees", "futures", "morning", "orders", "prices", "sheet",
        "stated", "stocks", "wanted_lots",
    )  # fmt: skip
    place = "quanthedge.ledger.kernels"
    return {one: Held(f"{place}.{one}", LEDGER, REFERENCE_ONCE, A_FEW, True) for one in names}


def _betas() -> dict[str, Held]:
    """Return the estimators' compiled sums, and what they are given."""
    held = {
        "rolling": ("rolling_beta", "book_beta"), "joint": ("joint_estimators",),
        "robust": ("huber",), "downside": ("downside",), "state": ("kalman",),
        "walking_pairs": ("kalman",), "pairing": ("preparation",),
    }  # fmt: skip
    kernels = {
        f"beta_{one}": Held(
            f"quanthedge.beta.kernels.{one}",
            tuple(f"tests/beta/test_{name}.py" for name in names),
            plain=True,
        )
        for one, names in held.items()
    }
    fitted = {
        f"beta_{one}": Held(f"quanthedge.beta.{one}", (f"tests/beta/test_{one}.py",))
        for one in ("vasicek", "blume", "preparation")
    }
    return kernels | fitted


def _rules() -> dict[str, Held]:
    """Return what trades cost, what dividends are taxed, and the limits by date."""
    held = {
        "costs": ("costs", "worked_examples"), "dividend_tax": ("dividend_tax",),
        "futures": ("futures_rules", "worked_examples"),
        "stocks": ("stock_rules", "worked_examples"),
        "stock_limits": ("stock_rules", "worked_examples"), "expiry": ("expiry",),
    }  # fmt: skip
    return {
        f"rules_{one}": Held(
            f"quanthedge.rules.{one}", tuple(f"tests/rules/test_{name}.py" for name in names)
        )
        for one, names in held.items()
    }


def _hedge() -> dict[str, Held]:
    """Return which contract is held, how many, when they are traded, and what the basis costs."""
    lots = ("tests/hedge/test_joint_lots.py", "tests/ledger/test_futures_leg.py")
    contracts = ("chain", "choice", "schedule")
    return {
        "joint_lots": Held("quanthedge.hedge.kernels.lots", lots, plain=True),
        "ratio_kernels": Held("quanthedge.hedge.kernels.ratios", RATIOS[:1], plain=True),
        "policy_kernels": Held("quanthedge.hedge.policies.kernels", POLICIES, plain=True),
        "policy_program": Held("quanthedge.hedge.policies.program", POLICIES),
        "ratios": Held("quanthedge.hedge.ratios.ratios", RATIOS),
        "ratios_conditional": Held("quanthedge.hedge.ratios.conditional", RATIOS),
        "joint": Held("quanthedge.hedge.joint", ("tests/hedge/test_joint_lots.py",)),
        "hedge_asked": Held("quanthedge.hedge.asked", CONTRACTS),
        "basis": Held("quanthedge.hedge.research.basis", BASIS),
        "leg": Held("quanthedge.hedge.contracts.leg", BASIS[::-1]),
        **{one: Held(f"quanthedge.hedge.contracts.{one}", CONTRACTS) for one in contracts},
    }


def _fund() -> dict[str, Held]:
    """Return what fees, hurdles and values of a fund are reckoned by."""
    names = (
        "performance_fee", "hurdle", "valuation", "values", "day_counts", "fee_basis", "dealing",
        "winding_up",
    )  # fmt: skip
    found = {one: Held(f"quanthedge.fund.{one}", METHODS, PREPARED_ONCE) for one in names}
    for one in ("dealing", "winding_up"):  # gates, lock-ups and fees at the door are whole runs
        more = tuple(test for test in METHODS if test not in FUND)
        found[one] = Held(f"quanthedge.fund.{one}", (*FUND, *more), PREPARED_ONCE, BUSY)
    return found


MODULES = {
    "prepare": Held(
        "quanthedge.backtesting.plan",
        ("tests/backtesting/test_fallen_on_paper.py", ROWS, WIRING, ACCOUNTS,
         "tests/backtesting/test_promises_of_run.py", "tests/backtesting/test_sleeves.py"),
        (),
        PROBE,
    ),
    "hedging": Held(
        "quanthedge.backtesting.hedge_leg",
        ("tests/backtesting/test_hedge_inputs.py", DECISIONS, ROWS, WIRING, ACCOUNTS),
        (),
        PROBE,
    ),
    "fund_run": Held("quanthedge.fund.fund_run", FUND, PREPARED_ONCE, BUSY),
    "closes": Held("quanthedge.fund.closes", FUND, PREPARED_ONCE, BUSY),
    "dealing_days": Held("quanthedge.fund.dealing_days", ("tests/fund/test_dealing_days.py",)),
    "booking": Held(
        "quanthedge.ledger.booking",
        ("tests/ledger/test_booking.py", *FUND),
        PREPARED_ONCE,
        BUSY,
    ),
    "bridge": Held(
        "quanthedge.performance.bridge",
        ("tests/performance/test_bridge_by_hand.py",),
    ),
    "bridge_groups": Held(
        "quanthedge.performance.bridge_groups",
        ("tests/performance/test_groups_by_hand.py", "tests/performance/test_bridge_groups.py"),
        ("quanthedge.backtesting.run.backtest",),
    ),
    "variant_runs": Held(
        "quanthedge.backtesting.execute",
        ("tests/backtesting/test_variant_terms.py", *CLIENTS, "tests/strategy/test_variants.py"),
        PREPARED_ONCE, BUSY,
    ),
    "corporate_actions": Held(
        "quanthedge.ledger.corporate_actions",
        ("tests/ledger/test_corporate_actions.py", "tests/ledger/test_untaxed_dividends.py"),
    ),
    "dividend_estimate": Held(
        "quanthedge.ledger.dividend_estimate", ("tests/ledger/test_untaxed_dividends.py",)
    ),
    "sleeves": Held("quanthedge.ledger.sleeves", ("tests/ledger/test_sleeves.py",)),
    "stated_values": Held(
        "quanthedge.valuation.kernels", ("tests/valuation/test_stated_values.py",), plain=True
    ),
    **_ledger_kernels(), **_hedge(), **_fund(), **_betas(), **_rules(),
}  # fmt: skip
