"""DuckDB with its delta extension (which is delta-kernel-rs)."""

import importlib.util
import pathlib

import duckdb


class Engine:
    def __init__(self, options):
        self.con = duckdb.connect(config={"allow_unsigned_extensions": "true"})
        self.con.execute("SET TimeZone = 'UTC'; SET autoinstall_known_extensions = false")
        for name in ("httpfs", "delta"):
            self.con.execute(f"LOAD '{extension(name)}'")

    def names(self):
        return {"con": self.con, "duckdb": duckdb}

    def sql(self, query, storage=None):
        if storage:
            self.use(storage)
        return self.con.execute(query).to_arrow_table()

    def read(self, path, version=None, storage=None):
        at = "" if version is None else f", version => {int(version)}"
        return self.sql(f"SELECT * FROM delta_scan({literal(path)}{at})", storage)

    def use(self, storage):
        """Lets s3:// mean one S3 endpoint over plain HTTP, told as delta-rs is told."""
        settings = {
            "KEY_ID": storage["AWS_ACCESS_KEY_ID"],
            "SECRET": storage["AWS_SECRET_ACCESS_KEY"],
            "REGION": storage["AWS_REGION"],
            "ENDPOINT": storage["AWS_ENDPOINT_URL"].removeprefix("http://"),
            "URL_STYLE": "path",
        }
        told = ", ".join(f"{name} {literal(value)}" for name, value in settings.items())
        self.con.execute(f"CREATE OR REPLACE SECRET endpoint (TYPE s3, {told}, USE_SSL false)")


def extension(name):
    """The extension's file, which ships in a package of its own."""
    package = pathlib.Path(importlib.util.find_spec("duckdb_extension_" + name).origin).parent
    return next(package.glob(f"extensions/*/{name}.duckdb_extension"))


def literal(text):
    return "'" + str(text).replace("'", "''") + "'"
