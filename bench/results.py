"""What a case measured: one row of results.json, a line while it runs, and a table in Markdown at the end."""

# ruff: noqa: INP001, T201 - a script, not a package; it prints

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

MICRO = 1_000_000
STAGES = ("fill", "sign", "wire", "ledger")


def result(
    case: str, messages: int, seconds: float, cpu: Mapping[str, float] | None = None, **more: Any
) -> dict[str, Any]:
    """A row.

    Args:
        messages: or people, or rows: what `per_second` counts.
        cpu: seconds of CPU by stage; the database server's are in "ledger".
        more: whatever else the case has to say; replaces what is usual.
    """
    spent = dict.fromkeys(STAGES, 0.0) | dict(cpu or {})
    return {
        "case": case,
        "database": None,
        "engine": "local",
        "workers": 1,
        "dkim": "none",
        "messages": messages,
        "seconds": round(seconds, 3),
        "per_second": round(messages / seconds),
        "cpu_us": {stage: round(used * MICRO / messages, 1) for stage, used in spent.items()},
        "peak_rss_mb": None,
        "ceiling_per_second": None,
    } | more


def show(one: Mapping[str, Any]) -> None:
    """A line for whoever waits."""
    print(" | ".join(_cells(one)), one.get("note", ""), flush=True)


def table(results: Iterable[Mapping[str, Any]]) -> str:
    """All rows as Markdown."""
    head = [
        "case",
        "database",
        "workers",
        "DKIM",
        "messages",
        "per second",
        *STAGES,
        "MB",
        "ceiling",
        "ratio",
    ]
    lines = [head, ["---"] * len(head), *([*_cells(one), one.get("note", "")] for one in results)]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


def _cells(one: Mapping[str, Any]) -> list[str]:
    most, peak = one["ceiling_per_second"], one["peak_rss_mb"]
    return [
        one["case"] + (f" {one['client']} ×{one['connections']}" if "client" in one else ""),
        one["database"] or "",
        str(one["workers"]),
        one["dkim"],
        f"{one['messages']:,}",
        f"{one['per_second']:,}",
        *(f"{one['cpu_us'][stage]:.0f}" if one["cpu_us"].get(stage) else "" for stage in STAGES),
        f"{peak:.0f}" if peak else "",
        f"{most:,}" if most else "",
        f"{one['per_second'] / most:.2f}" if most else "",
    ]
