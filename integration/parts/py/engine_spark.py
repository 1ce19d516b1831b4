"""Spark with Delta Lake: the reference implementation, for tables in local folders."""

from pyspark.sql import functions as F
from pyspark.sql import types as T

import sparksession


class Engine:
    def __init__(self, options):
        # Tests are over before the second compiler of the JVM pays off.
        java = "-XX:TieredStopAtLevel=1 -XX:+UseSerialGC"
        self.spark = sparksession.session("ingestd-integration", conf=options.get("conf"), java=java)

    def names(self):
        from delta.tables import DeltaTable

        return {"spark": self.spark, "DeltaTable": DeltaTable, "read": self.read}

    def sql(self, query):
        return self.spark.sql(query).toArrow()

    def read(self, path, version=None, timestamp=None, format="delta", options=None):
        reader = self.spark.read.format(format).options(**(options or {}))
        if version is not None:
            reader = reader.option("versionAsOf", version)
        if timestamp is not None:
            reader = reader.option("timestampAsOf", timestamp)
        return variants_as_json(reader.load(path)).toArrow()

    def append(self, path, parquet, partition_by=None, mode="append", options=None):
        """Writes the rows of a Parquet file or folder; answers the version it made."""
        writer = self.spark.read.parquet(parquet).write.format("delta").mode(mode).options(**(options or {}))
        if partition_by:
            writer = writer.partitionBy(*partition_by)
        writer.save(path)
        return self.history(path)[0]["version"]

    def history(self, path):
        """The commits, newest first: version, operation, parameters, metrics, timestamp in milliseconds."""
        rows = self.spark.sql(f"DESCRIBE HISTORY delta.`{path}`").collect()
        return [
            {
                "version": r.version,
                "operation": r.operation,
                "operationParameters": r.operationParameters or {},
                "operationMetrics": r.operationMetrics or {},
                "timestamp": int(r.timestamp.timestamp() * 1000),
                "engineInfo": r.engineInfo,
            }
            for r in rows
        ]


def variants_as_json(frame):
    """The frame with variants at any depth as JSON: Spark cannot hand out those that are null otherwise."""
    if not any(holds_variant(f.dataType) for f in frame.schema):
        return frame
    return frame.select([as_json(frame["`" + f.name.replace("`", "``") + "`"], f.dataType).alias(f.name) for f in frame.schema])


def as_json(c, ty):
    if not holds_variant(ty):
        return c
    if isinstance(ty, T.VariantType):
        return F.to_json(c)
    if isinstance(ty, T.ArrayType):
        return F.transform(c, lambda e: as_json(e, ty.elementType))
    if isinstance(ty, T.MapType):
        return F.transform_values(c, lambda _, v: as_json(v, ty.valueType))
    return F.when(c.isNotNull(), F.struct([as_json(c.getField(f.name), f.dataType).alias(f.name) for f in ty]))


def holds_variant(ty):
    if isinstance(ty, T.ArrayType):
        return holds_variant(ty.elementType)
    if isinstance(ty, T.MapType):
        return holds_variant(ty.valueType)
    if isinstance(ty, T.StructType):
        return any(holds_variant(f.dataType) for f in ty)
    return isinstance(ty, T.VariantType)
