package kafka_test

import (
	"context"
	"sync"
	"testing"

	"github.com/twmb/franz-go/pkg/kfake"
	"github.com/twmb/franz-go/pkg/kgo"

	"github.com/ingestd/ingestd/stream"
	"github.com/ingestd/ingestd/stream/source/kafka"
)

const benchRecords = 1_000_000

func synthetic(b *testing.B, codec kgo.CompressionCodec) *kfake.Cluster {
	return cluster(b, kfake.NumBrokers(1), kfake.SeedTopics(4, "bench"), kfake.SyntheticFetch(kfake.SyntheticBatch{Records: 1000, RecordBytes: 230, RandomFrac: 0.3, Compression: codec}))
}

// BenchmarkSource reads a million records of 230 bytes, loading and looking at each on two workers.
func BenchmarkSource(b *testing.B) {
	for name, codec := range map[string]kgo.CompressionCodec{"none": kgo.NoCompression(), "lz4": kgo.Lz4Compression(), "zstd": kgo.ZstdCompression()} {
		b.Run(name, func(b *testing.B) {
			o := options(synthetic(b, codec))
			o.Topics = []string{"bench"}
			s := source(b, o)
			from := stream.Offsets{"bench/0": 0, "bench/1": 0, "bench/2": 0, "bench/3": 0}
			for b.Loop() {
				to := stream.Offsets{}
				for p, at := range from {
					to[p] = at + benchRecords/4
				}
				if n := consume(b, s, from, to); n != benchRecords {
					b.Fatalf("%d records", n)
				}
				from = to
			}
			b.ReportMetric(float64(benchRecords*b.N)/b.Elapsed().Seconds()/1e6, "Mrec/s")
		})
	}
}

func consume(b *testing.B, s *kafka.Source, from, to stream.Offsets) int {
	chunks := make(chan stream.Chunk, 2)
	counts := [2]int{}
	var wg sync.WaitGroup
	for w := range counts {
		wg.Go(func() {
			for c := range chunks {
				if err := c.Load(); err != nil {
					b.Error(err)
				}
				for i := range c.Records.Len() {
					if len(c.Records.At(i).Value) == 230 {
						counts[w]++
					}
				}
				c.Done()
			}
		})
	}
	for c, err := range s.Read(context.Background(), from, to) {
		if err != nil {
			b.Fatal(err)
		}
		chunks <- c
	}
	close(chunks)
	wg.Wait()
	return counts[0] + counts[1]
}

// BenchmarkKgo reads the same with kgo's own consumer, for comparison.
func BenchmarkKgo(b *testing.B) {
	for name, codec := range map[string]kgo.CompressionCodec{"none": kgo.NoCompression(), "lz4": kgo.Lz4Compression(), "zstd": kgo.ZstdCompression()} {
		b.Run(name, func(b *testing.B) {
			c := synthetic(b, codec)
			cl := producer(b, c, kgo.ConsumeTopics("bench"), kgo.ConsumeResetOffset(kgo.NewOffset().AtStart()))
			for b.Loop() {
				for n := 0; n < benchRecords; {
					fs := cl.PollFetches(context.Background())
					if err := fs.Err(); err != nil {
						b.Fatal(err)
					}
					fs.EachRecord(func(r *kgo.Record) {
						if len(r.Value) == 230 {
							n++
						}
					})
				}
			}
			b.ReportMetric(float64(benchRecords*b.N)/b.Elapsed().Seconds()/1e6, "Mrec/s")
		})
	}
}
