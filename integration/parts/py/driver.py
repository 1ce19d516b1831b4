"""Serves one engine over stdin and stdout: a line of JSON in, a line of JSON out, one request at a time.

    python driver.py spark|deltars|duckdb [JSON options]

A request is {"op": name, "args": {...}}, the answer {"ok": value} or {"error": "Type: message", "trace": "..."}. The
first answer, which no request asks for, says that the engine is up. What libraries print goes to stderr.
"""

import importlib
import json
import os
import sys
import traceback

import pyarrow as pa

import canon


def main():
    answers = os.fdopen(os.dup(1), "w", encoding="utf-8")
    os.dup2(2, 1)  # the JVM and the libraries may print what they like

    def answer(**fields):
        answers.write(json.dumps(fields) + "\n")
        answers.flush()

    try:
        options = json.loads(sys.argv[2]) if len(sys.argv) > 2 else {}
        engine = importlib.import_module("engine_" + sys.argv[1]).Engine(options)
    except BaseException as e:
        answer(error=f"{type(e).__name__}: {e}", trace=traceback.format_exc())
        raise
    answer(ok="ready")
    for line in sys.stdin:
        try:
            request = json.loads(line)
            answer(ok=run(engine, request["op"], request.get("args") or {}))
        except Exception as e:
            answer(error=f"{type(e).__name__}: {e}", trace=traceback.format_exc())


def run(engine, op, args):
    """One request. Tables are answered in their canonical form."""
    if op == "exec":
        value = execute(engine, args["code"], args.get("vars") or {})
    else:
        value = getattr(engine, op)(**args)
    return canon.table(value) if isinstance(value, pa.Table) else value


def execute(engine, code, variables):
    """Runs a snippet beside the engine's own names; its answer is what it leaves in `result`."""
    scope = dict(engine.names(), pa=pa, canon=canon, result=None, **variables)
    exec(compile(code, "<snippet>", "exec"), scope)
    return scope["result"]


if __name__ == "__main__":
    main()
