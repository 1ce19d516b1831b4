"""The canonical form of a table: the same rows spell the same whichever engine read them.

A table becomes {"columns": [...], "types": [...], "rows": [[cell, ...], ...]}. Columns keep the order of the schema, rows
are sorted, so two tables hold the same multiset of rows exactly when their forms are equal. Cells are strings:

    null          null
    boolean       true, false
    integer       12, -7
    float, double 1.5, 1e+16, -0.0, NaN, Infinity, -Infinity    (shortest spelling of the value as a double)
    decimal       12.30                                         (always the whole scale)
    string        "text"           with \\" and \\\\, and \\u00XX for control characters
    binary        x'00ff'
    date          19753d           days since 1970-01-01
    timestamp     1700000000000000usZ                           microseconds since the epoch, an instant
    timestamp_ntz 1700000000000000us                            the same without a time zone
    array         [1,2]
    struct        {"a":1,"b":null} in the order of the schema
    map           map("a":1,"b":2) sorted by key

Types are spelled as in Delta's DDL. The Go twin of this file is canon.go.
"""

import math

import pyarrow as pa
import pyarrow.types as t


def table(tbl):
    """The canonical form of a pyarrow.Table."""
    tbl = tbl.combine_chunks()
    columns = [column(c) for c in tbl.columns]
    rows = sorted(list(r) for r in zip(*columns)) if columns else [[] for _ in range(tbl.num_rows)]
    return {"columns": tbl.column_names, "types": [type_name(f.type) for f in tbl.schema], "rows": rows}


def column(col):
    if isinstance(col, pa.ChunkedArray):
        return [cell for chunk in col.chunks for cell in array(chunk)]
    return array(col)


def array(arr):
    """The cells of one Arrow array, by its type."""
    ty = arr.type
    if t.is_dictionary(ty):
        return array(arr.dictionary_decode())
    if isinstance(ty, pa.ExtensionType) or isinstance(ty, pa.BaseExtensionType):
        return array(arr.storage)
    if t.is_struct(ty):
        return structs(arr)
    if t.is_map(ty):
        return maps(arr)
    if is_list(ty):
        return lists(arr)
    return [("null" if v is None else spell(v)) for spell, values in [scalar(arr)] for v in values]


def scalar(arr):
    """How to spell the values of a flat array, and the values."""
    ty = arr.type
    if t.is_null(ty):
        return str, [None] * len(arr)
    if t.is_boolean(ty):
        return (lambda v: "true" if v else "false"), arr.to_pylist()
    if t.is_integer(ty):
        return str, arr.to_pylist()
    if t.is_floating(ty):
        return floating, arr.to_pylist()
    if t.is_decimal(ty):
        return (lambda v: format(v, "f")), arr.to_pylist()
    if t.is_date(ty):
        return (lambda v: f"{v}d"), arr.cast(pa.date32()).cast(pa.int32()).to_pylist()
    if t.is_timestamp(ty):
        micros = arr.cast(pa.timestamp("us", tz=ty.tz)).cast(pa.int64())
        return (lambda v: f"{v}us" + ("Z" if ty.tz else "")), micros.to_pylist()
    if is_string(ty):
        return quote, arr.to_pylist()
    if is_binary(ty):
        return (lambda v: f"x'{v.hex()}'"), arr.to_pylist()
    raise TypeError(f"no canonical form for Arrow type {ty}")


def structs(arr):
    names = [quote(f.name) for f in arr.type]
    fields = [array(f) for f in arr.flatten()]
    valid = arr.is_valid().to_pylist()
    return [
        "{" + ",".join(n + ":" + f[i] for n, f in zip(names, fields)) + "}" if ok else "null"
        for i, ok in enumerate(valid)
    ]


def lists(arr):
    if t.is_fixed_size_list(arr.type) or not (t.is_list(arr.type) or t.is_large_list(arr.type)):
        arr = arr.cast(pa.large_list(arr.type.value_type))
    values = array(arr.values)
    return ["[" + ",".join(values[a:b]) + "]" if b is not None else "null" for a, b in spans(arr)]


def maps(arr):
    entries = list(zip(array(arr.keys), array(arr.items)))
    return [
        "map(" + ",".join(k + ":" + v for k, v in sorted(entries[a:b])) + ")" if b is not None else "null"
        for a, b in spans(arr)
    ]


def spans(arr):
    """Where each row of a list or map array begins and ends in its values; (x, None) where the row is null."""
    offsets = arr.offsets.to_pylist()
    return [(a, b if ok else None) for a, b, ok in zip(offsets, offsets[1:], arr.is_valid().to_pylist())]


def floating(v):
    if math.isnan(v):
        return "NaN"
    if math.isinf(v):
        return "Infinity" if v > 0 else "-Infinity"
    return repr(v)


def quote(s):
    out = s.replace("\\", "\\\\").replace('"', '\\"')
    if not out.isprintable():
        out = "".join(f"\\u{ord(c):04x}" if c < " " else c for c in out)
    return f'"{out}"'


def is_string(ty):
    return t.is_string(ty) or t.is_large_string(ty) or t.is_string_view(ty)


def is_binary(ty):
    return t.is_binary(ty) or t.is_large_binary(ty) or t.is_binary_view(ty) or t.is_fixed_size_binary(ty)


def is_list(ty):
    return (
        t.is_list(ty) or t.is_large_list(ty) or t.is_fixed_size_list(ty) or t.is_list_view(ty) or t.is_large_list_view(ty)
    )


_NAMES = {
    pa.null(): "void",
    pa.bool_(): "boolean",
    pa.int8(): "tinyint",
    pa.int16(): "smallint",
    pa.int32(): "int",
    pa.int64(): "bigint",
    pa.float32(): "float",
    pa.float64(): "double",
}


def type_name(ty):
    """The type in the words of Delta's DDL."""
    if ty in _NAMES:
        return _NAMES[ty]
    if t.is_dictionary(ty):
        return type_name(ty.value_type)
    if t.is_struct(ty):
        return "struct<" + ",".join(f"{f.name}:{type_name(f.type)}" for f in ty) + ">"
    if t.is_map(ty):
        return f"map<{type_name(ty.key_type)},{type_name(ty.item_type)}>"
    if is_list(ty):
        return f"array<{type_name(ty.value_type)}>"
    if t.is_decimal(ty):
        return f"decimal({ty.precision},{ty.scale})"
    if t.is_date(ty):
        return "date"
    if t.is_timestamp(ty):
        return "timestamp" if ty.tz else "timestamp_ntz"
    if is_string(ty):
        return "string"
    if is_binary(ty):
        return "binary"
    return str(ty)
