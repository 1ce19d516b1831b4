package main

import (
	"cmp"
	"context"
	"fmt"
	"iter"
	"slices"
	"time"
	"unicode/utf8"

	"github.com/spf13/cobra"

	"github.com/ingestd/ingestd/internal/config"
	"github.com/ingestd/ingestd/internal/output"
	"github.com/ingestd/ingestd/internal/service"
	"github.com/ingestd/ingestd/stream"
	"github.com/ingestd/ingestd/stream/source/deadletter"
)

func (a *app) dlqCommand() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "dlq",
		Short: "Dead letters: show what was refused and why, or send it through again",
		Args:  args(),
	}
	cmd.AddCommand(a.dlqShowCommand(), a.dlqReplayCommand())
	return cmd
}

func (a *app) dlqShowCommand() *cobra.Command {
	var all, reasons bool
	var limit int
	cmd := &cobra.Command{
		Use:   "show FILE",
		Short: "Show the records that the queries of a pipeline file refused, and why",
		Example: `  ingestd dlq show events.yaml
  ingestd dlq show events.yaml --reasons`,
		Args:              args("FILE"),
		ValidArgsFunction: yamlFiles,
		RunE: func(cmd *cobra.Command, args []string) error {
			return a.withBuilder(cmd.Context(), args[0], func(f *config.File, b service.Builder) error {
				if reasons {
					return a.dlqReasons(cmd.Context(), f, b, all)
				}
				return a.dlqShow(cmd.Context(), f, b, all, limit)
			})
		},
	}
	cmd.Flags().BoolVar(&all, "all", false, "also those that were sent through again")
	cmd.Flags().BoolVar(&reasons, "reasons", false, "only how many there are of each reason")
	cmd.Flags().IntVarP(&limit, "limit", "n", 100, "show at most so many; 0 is all")
	return cmd
}

var letterColumns = []string{"query", "reason", "topic", "partition", "offset", "timestamp", "key", "value", "batchId", "ingestedAt"}

func (a *app) dlqShow(ctx context.Context, f *config.File, b service.Builder, all bool, limit int) error {
	rows := func(yield func(output.Row, error) bool) {
		n := 0
		for query, l := range letters(ctx, f, b, all) {
			if l.err != nil {
				yield(nil, l.err)
				return
			}
			r := l.Record
			row := output.Row{query, l.Reason, r.Topic, r.Partition, r.Offset, instant(r.Timestamp), readable(r.Key), readable(r.Value), l.BatchID, instant(l.IngestedAt)}
			if n++; !yield(row, nil) || n == limit {
				return
			}
		}
	}
	return output.Rows(a.stdout, a.format(), letterColumns, rows)
}

func (a *app) dlqReasons(ctx context.Context, f *config.File, b service.Builder, all bool) error {
	type key struct{ query, reason string }
	counts := map[key]int64{}
	for query, l := range letters(ctx, f, b, all) {
		if l.err != nil {
			return l.err
		}
		counts[key{query, l.Reason}]++
	}
	var rows []output.Row
	for k, n := range counts {
		rows = append(rows, output.Row{k.query, k.reason, n})
	}
	slices.SortFunc(rows, func(x, y output.Row) int {
		return cmp.Or(cmp.Compare(y[2].(int64), x[2].(int64)), cmp.Compare(x[0].(string), y[0].(string)), cmp.Compare(x[1].(string), y[1].(string)))
	})
	return output.Rows(a.stdout, a.format(), []string{"query", "reason", "records"}, output.Slice(rows))
}

// letter is a dead letter, or what went wrong.
type letter struct {
	deadletter.Letter
	err error
}

// letters yields the dead letters of all queries, by the query's name.
func letters(ctx context.Context, f *config.File, b service.Builder, all bool) iter.Seq2[string, letter] {
	return func(yield func(string, letter) bool) {
		for _, q := range f.Queries {
			for some, err := range b.Waiting(ctx, q, all) {
				if err != nil {
					yield(q.Name, letter{err: err})
					return
				}
				for _, l := range some {
					if !yield(q.Name, letter{Letter: l}) {
						return
					}
				}
			}
		}
	}
}

func (a *app) dlqReplayCommand() *cobra.Command {
	return &cobra.Command{
		Use:   "replay FILE",
		Short: "Send dead letters through their queries again, after the pipeline was mended",
		Long: `Send the dead letters of the queries of a pipeline file through them again, after the pipeline was
mended. Records that decode now go to the table, exactly once, however often this is run or
killed; the others become dead letters again, with their new reason. The queries may be running.`,
		Example:           `  ingestd dlq replay events.yaml`,
		Args:              args("FILE"),
		ValidArgsFunction: yamlFiles,
		RunE: func(cmd *cobra.Command, args []string) error {
			return a.withBuilder(cmd.Context(), args[0], func(f *config.File, b service.Builder) error {
				a.graceful.Store(true)
				var rows []output.Row
				for _, c := range f.Queries {
					row, err := a.replay(cmd.Context(), b, c)
					if err != nil {
						return err
					}
					rows = append(rows, row)
				}
				return output.Rows(a.stdout, a.format(), []string{"query", "replayed", "rows", "refusedAgain"}, output.Slice(rows))
			})
		},
	}
}

func (a *app) replay(ctx context.Context, b service.Builder, c *config.Query) (output.Row, error) {
	q, err := b.Replay(ctx, c)
	if err != nil {
		return nil, err
	}
	var replayed, rows, refused int64
	if q == nil {
		return output.Row{c.Name, replayed, rows, refused}, nil
	}
	q.OnProgress = func(p stream.Progress) {
		replayed += p.NumInputRows
		rows += p.Committed.Rows
		refused += p.NumRejectedRows
	}
	done := make(chan struct{})
	stopped := make(chan struct{})
	go func() {
		defer close(stopped)
		select {
		case <-a.stopping:
			q.Stop()
		case <-done:
		}
	}()
	err = q.Run(ctx)
	close(done)
	<-stopped
	return output.Row{c.Name, replayed, rows, refused}, err
}

// readable is text where b is text, else bytes.
func readable(b []byte) any {
	switch {
	case b == nil:
		return nil
	case utf8.Valid(b):
		return string(b)
	}
	return fmt.Sprintf("0x%x", b)
}

func instant(t time.Time) any {
	if t.IsZero() {
		return nil
	}
	return moment(&t)
}
