package checksum

import "slices"

// Histogram counts files by their size ("File Size Histogram Schema"). Bin i is of sizes from Bounds[i] to below
// Bounds[i+1]; the last has no end.
type Histogram struct {
	Bounds []int64 `json:"sortedBinBoundaries"` // bytes; ascending from 0
	Files  []int64 `json:"fileCounts"`
	Bytes  []int64 `json:"totalBytes"`
}

// NewHistogram is an empty one, with the bins that Spark has.
func NewHistogram() *Histogram {
	b := sparkBounds()
	return &Histogram{Bounds: b, Files: make([]int64, len(b)), Bytes: make([]int64, len(b))}
}

// sparkBounds are those of Spark, which compares histograms only with the same ones.
func sparkBounds() []int64 {
	const kb, mb, gb = 1 << 10, 1 << 20, 1 << 30
	out := []int64{0}
	doubling := func(from, to int64) {
		for b := from; b <= to; b *= 2 {
			out = append(out, b)
		}
	}
	stepping := func(from, to, by int64) {
		for b := from; b <= to; b += by {
			out = append(out, b*mb)
		}
	}
	doubling(8*kb, 4*mb)
	stepping(8, 40, 4)
	stepping(48, 120, 8)
	stepping(124, 144, 4)
	stepping(160, 576, 16)
	stepping(640, 1408, 64)
	stepping(1536, 2048, 128)
	stepping(2304, 4096, 256)
	doubling(8*gb, 256*gb)
	return out
}

// SparkBins are the totals without a histogram of other bins than those of Spark, which takes one that it is given for a
// sign of damage.
func (t Totals) SparkBins() Totals {
	if t.Sizes != nil && !slices.Equal(t.Sizes.Bounds, sparkBounds()) {
		t.Sizes = nil
	}
	return t
}

// countBounds are the starts of the bins of deleted records.
var countBounds = [10]int64{0, 1, 10, 100, 1e3, 1e4, 1e5, 1e6, 1e7, 1<<31 - 1}

// bin is the index of the last bound that is not above v; 0 for negative ones.
func bin(bounds []int64, v int64) int {
	i, found := slices.BinarySearch(bounds, v)
	if !found {
		i--
	}
	return max(i, 0)
}

func (h *Histogram) count(n, size int64) {
	i := bin(h.Bounds, size)
	h.Files[i] += n
	h.Bytes[i] += n * size
}

func (h *Histogram) clone() *Histogram {
	return &Histogram{slices.Clone(h.Bounds), slices.Clone(h.Files), slices.Clone(h.Bytes)}
}

// valid says whether the arrays fit each other.
func (h *Histogram) valid() bool {
	return len(h.Bounds) > 0 && h.Bounds[0] == 0 && slices.IsSorted(h.Bounds) && len(h.Files) == len(h.Bounds) && len(h.Bytes) == len(h.Bounds)
}

// sound says whether the bins add up.
func (h *Histogram) sound(files, bytes int64) bool {
	for i, n := range h.Files {
		if n < 0 || h.Bytes[i] < 0 {
			return false
		}
		files, bytes = files-n, bytes-h.Bytes[i]
	}
	return files == 0 && bytes == 0
}
