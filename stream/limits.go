package stream

import (
	"math"
	"time"
)

// Limits bound a micro-batch. A zero field does not bind.
type Limits struct {
	// MaxRows is the most rows of a batch, shared out over the partitions in proportion to what
	// waits in each (Spark's maxOffsetsPerTrigger). Every partition with data gets at least one.
	MaxRows int64
	// MaxBytes is the most bytes of a batch as the source counts them, held by way of the running
	// average of bytes per row: a batch may pass it when rows suddenly grow.
	MaxBytes int64
	// MinRows holds a batch back until so many rows wait (minOffsetsPerTrigger), for no longer than MaxAge.
	MinRows int64
	// MaxAge closes a batch: with data waiting, it is cut when another bound is reached or when the
	// oldest waiting row may have waited so long (maxTriggerDelay). With 0 data never waits, unless
	// MinRows is set: then the delay is 15 minutes, as in Spark.
	MaxAge time.Duration
}

const (
	// defaultTriggerDelay is Spark's maxTriggerDelay.
	defaultTriggerDelay = 15 * time.Minute
	// guessedRowBytes stands in for the average size of a row before one was seen.
	guessedRowBytes = 1024
	// sizeMemory is the weight of the newest batch in the running average.
	sizeMemory = 0.3
)

// limiter applies Limits from batch to batch.
type limiter struct {
	Limits
	rowBytes float64   // running average; 0 before the first batch
	empty    time.Time // when nothing waited the last time; zero: never known
}

// maxRows is the bound in rows; MaxInt64 where there is none.
func (l *limiter) maxRows() int64 {
	most := int64(math.MaxInt64)
	if l.MaxRows > 0 {
		most = l.MaxRows
	}
	if l.MaxBytes > 0 {
		size := l.rowBytes
		if size == 0 {
			size = guessedRowBytes
		}
		most = min(most, max(1, int64(float64(l.MaxBytes)/size)))
	}
	return most
}

// due says whether a batch is to be cut at now, with so many rows waiting. The data that a run
// finds first is taken to have waited long.
func (l *limiter) due(now time.Time, rows int64) bool {
	if rows == 0 {
		l.empty = now
		return false
	}
	delay := l.MaxAge
	switch {
	case delay == 0 && l.MinRows == 0:
		return true
	case delay == 0:
		delay = defaultTriggerDelay
	}
	enough := l.maxRows()
	if l.MinRows > 0 {
		enough = min(enough, l.MinRows)
	}
	return rows >= enough || now.Sub(l.empty) >= delay
}

// cut notes that a batch was cut at now. What it leaves is taken to begin waiting only then.
func (l *limiter) cut(now time.Time) { l.empty = now }

// saw takes a batch of so many rows and bytes into the average.
func (l *limiter) saw(rows, bytes int64) {
	if rows == 0 {
		return
	}
	size := max(float64(bytes)/float64(rows), 1)
	if l.rowBytes == 0 {
		l.rowBytes = size
		return
	}
	l.rowBytes += sizeMemory * (size - l.rowBytes)
}

// share cuts [from, latest) down to limit offsets, over the partitions in proportion to what waits
// in each, as Spark's KafkaMicroBatchStream.rateLimit. A partition set back stays set back.
func share(limit int64, from, latest Offsets) Offsets {
	total := latest.Rows(from)
	if total <= limit {
		return latest
	}
	to := latest.Clone()
	for p, end := range latest {
		size := end - from[p]
		if size <= 0 {
			continue
		}
		part := float64(limit) * (float64(size) / float64(total))
		if part < 1 {
			part = math.Ceil(part)
		}
		to[p] = min(end, from[p]+int64(part))
	}
	return to
}
