"""Spark with Delta Lake: the reference implementation, for tables in local folders."""

import sparksession


class Engine:
    def __init__(self, options):
        self.spark = sparksession.session("ingestd-integration", conf=options.get("conf"))

    def names(self):
        from delta.tables import DeltaTable

        return {"spark": self.spark, "DeltaTable": DeltaTable}

    def sql(self, query):
        return self.spark.sql(query).toArrow()

    def read(self, path, version=None, timestamp=None, format="delta", options=None):
        reader = self.spark.read.format(format).options(**(options or {}))
        if version is not None:
            reader = reader.option("versionAsOf", version)
        if timestamp is not None:
            reader = reader.option("timestampAsOf", timestamp)
        return reader.load(path).toArrow()

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
