"""delta-rs, through its Python package."""

import deltalake
import pyarrow as pa
import pyarrow.parquet as pq


class Engine:
    def __init__(self, options):
        pass

    def names(self):
        return {"deltalake": deltalake, "DeltaTable": deltalake.DeltaTable, "pq": pq}

    def sql(self, query, tables=None, storage=None):
        builder = deltalake.QueryBuilder()
        for name, path in (tables or {}).items():
            builder = builder.register(name, deltalake.DeltaTable(path, storage_options=storage))
        return pa.table(builder.execute(query).read_all())

    def read(self, path, version=None, storage=None):
        tbl = deltalake.DeltaTable(path, version=version, storage_options=storage)
        # Not to_pyarrow_table: that goes through a pyarrow data set, which knows fewer of the protocol's features.
        return self.sql_of(tbl, "SELECT * FROM t")

    def sql_of(self, tbl, query):
        return pa.table(deltalake.QueryBuilder().register("t", tbl).execute(query).read_all())

    def append(self, path, parquet, partition_by=None, mode="append", storage=None, options=None):
        """Writes the rows of a Parquet file or folder; answers the version it made."""
        deltalake.write_deltalake(
            path, pq.read_table(parquet), mode=mode, partition_by=partition_by, storage_options=storage, **(options or {})
        )
        return deltalake.DeltaTable(path, storage_options=storage).version()

    def history(self, path, storage=None):
        """The commits, newest first."""
        commits = deltalake.DeltaTable(path, storage_options=storage).history()
        return [
            {
                "version": c["version"],
                "operation": c.get("operation"),
                "operationParameters": {k: str(v) for k, v in (c.get("operationParameters") or {}).items()},
                "operationMetrics": {k: str(v) for k, v in (c.get("operationMetrics") or {}).items()},
                "timestamp": c.get("timestamp"),
                "engineInfo": c.get("engineInfo"),
            }
            for c in commits
        ]
