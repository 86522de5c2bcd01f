"""Asks ACRO what it thinks of seeded tables, models and survival curves; one JSON object a line.

usage: oracle.py SEED TABLES
"""

import json
import logging
import sys
import warnings

warnings.simplefilter("ignore")

import numpy as np
import pandas as pd

import acro
from acro import sdcchecks

logging.disable(logging.CRITICAL)
FUNCTIONS = ["count", "sum", "mean", "median", "std", "mode", "max", "min"]

heard = []
asked = sdcchecks.SDCChecks.run_checks_for_analysis


def listen(self, name, evidence, model):
    result = asked(self, name, evidence, model)
    heard.append(result)
    return result


sdcchecks.SDCChecks.run_checks_for_analysis = listen


def session(**how):
    heard.clear()
    return acro.ACRO(**how)


# Those who fit models print, too.
lines, sys.stdout = sys.stdout, sys.stderr


def out(row):
    print(json.dumps(row, allow_nan=False), file=lines)


def frame(rng, dimensions, flavour):
    """Records over categories of uneven weight, with one value each."""
    size = int(rng.integers(20, 900))
    data = {}
    for number, categories in enumerate(dimensions):
        weights = rng.dirichlet(np.full(categories, rng.choice([0.4, 1.0, 5.0])))
        names = [f"d{number}c{at}" for at in range(categories)]
        drawn = rng.choice(names, size=size, p=weights)
        data[f"d{number}"] = pd.Categorical(drawn, categories=names)
    if flavour == "heavy":
        values = rng.lognormal(3, rng.choice([1.0, 2.0, 3.0]), size)
    elif flavour == "whole":
        values = rng.integers(0, 6, size).astype(float)
    elif flavour == "sparse":
        values = np.where(rng.random(size) < 0.93, 0.0, rng.integers(1, 99, size)).astype(float)
    elif flavour == "signed":
        values = rng.normal(40, 20, size).round(2)
    elif flavour == "same":
        values = np.full(size, 7.0)
    else:
        values = rng.gamma(2.0, 50.0, size).round(3)
    if flavour == "missing":
        values[rng.random(size) < 0.2] = np.nan
    data["value"] = values
    return pd.DataFrame(data)


def grid(mask, rows, columns):
    """A mask as a list over rows and columns with their totals, or none where it has no such place."""
    if mask.columns.nlevels > 1:
        mask = mask.droplevel(list(range(mask.columns.nlevels - 1)), axis=1)
    found = []
    for row in rows:
        line = []
        for column in columns:
            if row in mask.index and column in mask.columns:
                value = mask.loc[row, column]
                line.append(None if pd.isna(value) else float(value))
            else:
                line.append(None)
        found.append(line)
    return found


def table(rng, number):
    function = FUNCTIONS[number % len(FUNCTIONS)]
    flavours = ["even", "heavy", "whole", "sparse", "signed", "same", "missing"]
    flavour = flavours[(number // len(FUNCTIONS)) % len(flavours)]
    has_totals = number % 3 != 0
    dimensions = [int(rng.integers(2, 6)), int(rng.integers(2, 6))]
    records = frame(rng, dimensions, flavour)
    config = session()
    if flavour == "missing":
        config.config["check_missing_values"] = True
    names = [[f"d{at}c{category}" for category in range(size)] for at, size in enumerate(dimensions)]
    try:
        if function == "count" and number % 2 == 0:
            config.crosstab(records.d0, records.d1, margins=has_totals)
        elif number % 5 == 0:
            config.pivot_table(records, index=["d0"], columns=["d1"], values=["value"], aggfunc=function, margins=has_totals)
        else:
            config.crosstab(records.d0, records.d1, values=records.value, aggfunc=function, margins=has_totals)
    except Exception as error:
        # ACRO 1.0.2 stumbles over some empty rows; what it cannot judge cannot be compared.
        out({"kind": "refused", "function": function, "why": type(error).__name__})
        return
    rows = names[0] + (["All"] if has_totals else [])
    columns = names[1] + (["All"] if has_totals else [])
    masks = {name: grid(mask, rows, columns) for name, mask in heard[-1].outcomes.items() if isinstance(mask, pd.DataFrame)}
    cells = []
    for row in names[0]:
        for column in names[1]:
            values = records[(records.d0 == row) & (records.d1 == column)].value
            cells.append([None if pd.isna(value) else float(value) for value in values])
    out({
        "kind": "table", "function": function, "flavour": flavour, "totals": has_totals, "names": names,
        "cells": cells, "masks": masks, "checks": heard[-1].fair_dict["check_status"], "status": heard[-1].overall_status,
    })


def three(rng):
    """A table over three variables, its rows over two of them."""
    dimensions = [2, 3, 3]
    records = frame(rng, dimensions, "even")
    session().crosstab([records.d0, records.d1], records.d2)
    names = [[f"d{at}c{category}" for category in range(size)] for at, size in enumerate(dimensions)]
    rows = [(one, two) for one in names[0] for two in names[1]]
    masks = {name: grid(mask, rows, names[2]) for name, mask in heard[-1].outcomes.items()}
    counts = [int(((records.d0 == one) & (records.d1 == two) & (records.d2 == three)).sum()) for one, two in rows for three in names[2]]
    out({"kind": "three", "names": names, "counts": counts, "masks": masks, "status": heard[-1].overall_status})


def one(rng):
    """A table over one variable."""
    size = int(rng.integers(2, 7))
    records = frame(rng, [size], "heavy")
    session().pivot_table(records, index=["d0"], values=["value"], aggfunc="sum", observed=False)
    names = [f"d0c{category}" for category in range(size)]
    masks = {}
    for name, mask in heard[-1].outcomes.items():
        masks[name] = [float(mask.iloc[:, 0].get(row, np.nan)) if row in mask.index else None for row in names]
        masks[name] = [None if value is None or np.isnan(value) else value for value in masks[name]]
    cells = [[float(value) for value in records[records.d0 == row].value] for row in names]
    out({"kind": "one", "names": [names], "cells": cells, "masks": masks, "status": heard[-1].overall_status})


def rounded(rng):
    records = frame(rng, [int(rng.integers(2, 6)), int(rng.integers(2, 6))], "even")
    shown = session(mitigation="round").crosstab(records.d0, records.d1, margins=True)
    names = [list(records.d0.cat.categories), list(records.d1.cat.categories)]
    counts = [int(((records.d0 == row) & (records.d1 == column)).sum()) for row in names[0] for column in names[1]]
    lines = shown.reindex(index=names[0] + ["All"], columns=names[1] + ["All"]).fillna(0)
    out({"kind": "rounded", "names": names, "counts": counts, "shown": [int(value) for value in lines.to_numpy().ravel()]})


def model(rng, kind):
    parameters = int(rng.integers(2, 6))
    size = parameters + (int(rng.integers(2, 22)) if kind == "ols" else int(rng.integers(5, 40)))
    x = np.column_stack([np.ones(size), rng.normal(size=(size, parameters - 1))])
    config = session()
    if kind == "ols":
        config.ols(pd.Series(rng.normal(size=size)), pd.DataFrame(x))
    else:
        y = pd.Series((rng.random(size) < 0.5).astype(float))
        try:
            getattr(config, kind)(y, pd.DataFrame(x))
        except Exception:
            # Separated by chance: no model, so nothing to judge.
            return
    out({"kind": "model", "observations": size, "parameters": parameters, "degrees": int(heard[-1].outcomes["MinimumDoFCheck"]), "status": heard[-1].overall_status})


def survival(rng):
    size = int(rng.integers(30, 300))
    time = pd.Series(rng.integers(1, int(rng.integers(5, 40)), size))
    status = pd.Series((rng.random(size) < 0.7).astype(int))
    shown = session(suppress=True).surv_func(time=time, status=status, output="table")
    out({
        "kind": "survival", "time": [float(value) for value in shown.index], "at_risk": [int(value) for value in shown["num at risk"]],
        "events": [int(value) for value in shown["num events"]], "survival": [float(value) for value in shown["Surv prob"]],
        "rounded": [None if pd.isna(value) else float(value) for value in shown["rounded_survival_fun"]],
    })


def main():
    seed, tables = int(sys.argv[1]), int(sys.argv[2])
    rng = np.random.default_rng(seed)
    for number in range(tables):
        table(rng, number)
    for _ in range(max(4, tables // 8)):
        three(rng)
        one(rng)
        rounded(rng)
        survival(rng)
        for kind in ["ols", "logit", "probit"]:
            model(rng, kind)


main()
