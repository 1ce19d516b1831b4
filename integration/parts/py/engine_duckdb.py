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

    def sql(self, query):
        return self.con.execute(query).to_arrow_table()

    def read(self, path, version=None):
        at = "" if version is None else f", version => {int(version)}"
        return self.sql(f"SELECT * FROM delta_scan({literal(path)}{at})")

    def secret(self, endpoint, key, secret, region="us-east-1"):
        """Lets s3:// paths be read from one S3 endpoint over plain HTTP."""
        self.con.execute(
            f"""CREATE OR REPLACE SECRET s3 (TYPE s3, KEY_ID {literal(key)}, SECRET {literal(secret)},
            REGION {literal(region)}, ENDPOINT {literal(endpoint)}, URL_STYLE 'path', USE_SSL false)"""
        )


def extension(name):
    """The extension's file, which ships in a package of its own."""
    package = pathlib.Path(importlib.util.find_spec("duckdb_extension_" + name).origin).parent
    return next(package.glob(f"extensions/*/{name}.duckdb_extension"))


def literal(text):
    return "'" + str(text).replace("'", "''") + "'"
