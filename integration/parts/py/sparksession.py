"""A local Spark session with Delta Lake and Kafka, the same for tests and benchmarks."""

import glob
import os
import re
import tempfile

import pyspark
from pyspark.sql import SparkSession

LOOPBACK = "127.0.0.1"


def session(name, memory="2g", conf=None, java=""):
    """Starts the session. `conf` adds to or overrides its settings, `java` adds to the options of its JVM."""
    work = tempfile.mkdtemp(prefix="spark-")
    settings = {
        "spark.master": "local[2]",
        "spark.app.name": name,
        "spark.driver.memory": memory,
        "spark.driver.host": LOOPBACK,
        "spark.driver.bindAddress": LOOPBACK,
        "spark.driver.extraJavaOptions": f"-Duser.timezone=UTC -Dderby.system.home={work} {java}",
        "spark.jars": ",".join(missing_jars()),
        "spark.local.dir": work,
        "spark.sql.warehouse.dir": os.path.join(work, "warehouse"),
        "spark.sql.session.timeZone": "UTC",
        "spark.sql.shuffle.partitions": "2",
        "spark.sql.extensions": "io.delta.sql.DeltaSparkSessionExtension",
        "spark.sql.catalog.spark_catalog": "org.apache.spark.sql.delta.catalog.DeltaCatalog",
        "spark.databricks.delta.snapshotPartitions": "2",
        "spark.ui.enabled": "false",
        "spark.ui.showConsoleProgress": "false",
    }
    settings.update(conf or {})
    os.environ.setdefault("SPARK_LOCAL_IP", LOOPBACK)
    builder = SparkSession.builder
    for key, value in settings.items():
        builder = builder.config(key, value)
    spark = builder.getOrCreate()
    spark.sparkContext.setLogLevel("WARN")
    return spark


def missing_jars():
    """The jars of the spark part that pyspark does not ship in one version or another."""
    shipped = {artifact(j) for j in glob.glob(os.path.join(os.path.dirname(pyspark.__file__), "jars", "*.jar"))}
    jars = sorted(glob.glob(os.path.join(os.environ["INGESTD_SPARK_JARS"], "*.jar")))
    if not jars:
        raise FileNotFoundError("no jars in INGESTD_SPARK_JARS")
    return [j for j in jars if artifact(j) not in shipped]


def artifact(jar):
    return re.sub(r"-\d[\w.\-]*\.jar$", "", os.path.basename(jar))
