"""Merges a Parquet file into a Delta table by one key, twice: first in a session that has done nothing yet, then in a warm one, on copies.

argv: a JSON object {"tables": [path, path], "source": path, "key": column}. Prints {"seconds": [first, warm], "peak_rss_bytes": n}.
"""

import json
import sys
import time

from delta.tables import DeltaTable

import sparksession
from stream_job import jvm, peak_rss

spec = json.loads(sys.argv[1])
spark = sparksession.session("merge")
seconds = []
for path in spec["tables"]:
    began = time.perf_counter()
    source = spark.read.parquet(spec["source"])
    condition = "t.{0} = s.{0}".format(spec["key"])
    table = DeltaTable.forPath(spark, path).alias("t")
    table.merge(source.alias("s"), condition).whenMatchedUpdateAll().whenNotMatchedInsertAll().execute()
    seconds.append(time.perf_counter() - began)
print(json.dumps({"seconds": seconds, "peak_rss_bytes": peak_rss("self") + peak_rss(jvm(spark))}))
spark.stop()
