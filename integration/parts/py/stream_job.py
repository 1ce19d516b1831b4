"""One Structured Streaming query, Kafka JSON to Delta with everything that waits, measured: Spark's side of a benchmark.

    python stream_job.py '{"brokers": .., "topic": .., "schema": DDL, "table": .., "checkpoint": ..,
                           "partition_by": [..], "select": [..], "memory": "2g", "conf": {..}, "options": {..}}'

Prints one line of JSON. The clock starts when the session is up and stops when the query has ended.
"""

import json
import os
import sys
import time

import sparksession


def main():
    job = json.loads(sys.argv[1])
    answers = os.fdopen(os.dup(1), "w")
    os.dup2(2, 1)
    spark = sparksession.session("ingestd-benchmark", memory=job.get("memory") or "2g", conf=job.get("conf"))
    began = time.monotonic()
    query = start(spark, job)
    query.awaitTermination()
    elapsed = time.monotonic() - began
    batches = query.recentProgress
    result = {
        "elapsed_seconds": elapsed,
        "input_rows": sum(b["numInputRows"] for b in batches),
        "batches": sum(1 for b in batches if b["numInputRows"]),
        "peak_rss_bytes": peak_rss("self") + peak_rss(jvm(spark)),
    }
    spark.stop()
    answers.write(json.dumps(result) + "\n")
    answers.flush()


def start(spark, job):
    """Starts the query: the records' values as JSON by the schema, then the columns that `select` names, if any."""
    records = (
        spark.readStream.format("kafka")
        .option("kafka.bootstrap.servers", job["brokers"])
        .option("subscribe", job["topic"])
        .option("startingOffsets", "earliest")
        .options(**(job.get("options") or {}))
        .load()
    )
    schema = job["schema"].replace("'", "\\'")
    rows = records.selectExpr(f"from_json(CAST(value AS STRING), '{schema}') AS r").select("r.*")
    if job.get("select"):
        rows = rows.selectExpr(*job["select"])
    writer = rows.writeStream.format("delta").outputMode("append").option("checkpointLocation", job["checkpoint"])
    if job.get("partition_by"):
        writer = writer.partitionBy(*job["partition_by"])
    return writer.trigger(availableNow=True).start(job["table"])


def jvm(spark):
    return spark.sparkContext._jvm.java.lang.ProcessHandle.current().pid()


def peak_rss(pid):
    """The most memory that a process has had resident, in bytes; 0 where the system does not tell."""
    try:
        with open(f"/proc/{pid}/status") as status:
            for line in status:
                if line.startswith("VmHWM:"):
                    return int(line.split()[1]) * 1024
    except FileNotFoundError:
        pass
    return 0


if __name__ == "__main__":
    main()
