package datafile

import (
	"cmp"
	"context"
	"errors"
	"io"
	"slices"

	"golang.org/x/sync/errgroup"
)

const (
	// readBudget is about how many bytes of a file are held in memory at a time as they came.
	readBudget = 32 << 20
	// bridge is the longest stretch that nobody asked for and that is read all the same, because a
	// request costs more than its bytes.
	bridge = 512 << 10
	// requestBytes is the longest single request; longer stretches are read by several at once.
	requestBytes = 8 << 20
	// minStep is the shortest step in which a column is read that does not fit as a whole.
	minStep = 256 << 10
	// requests is how many are made at once.
	requests = 4
)

// extent is a part of a file: [start, end).
type extent struct{ start, end int64 }

func (e extent) size() int64 { return e.end - e.start }

// window is a part of a file that is in memory.
type window struct {
	extent
	data []byte
}

// windows reads the columns of one row group through memory. A row group within the budget is read
// ahead as a whole, in few requests made at once; of a larger one each column gets its share of the
// budget and is read in steps as it is decoded.
//
// It lives for one call and is used by one goroutine.
type windows struct {
	ctx    context.Context // of the call that reads the row group
	budget int64
	src    source
	chunks []extent // of the wanted columns, in file order
	held   []window
	step   int64
	err    error // the first one of the source: Arrow's reader may not pass it on as it is
}

// load begins a row group.
func (w *windows) load(chunks []extent) error {
	slices.SortFunc(chunks, func(a, b extent) int { return cmp.Compare(a.start, b.start) })
	w.chunks, w.held = chunks, nil
	if !w.fits(chunks) {
		w.step = min(requestBytes, max(minStep, w.budget/int64(len(chunks))))
		w.held = make([]window, len(chunks)) // one for each column
		return nil
	}
	w.step = 0
	for _, e := range coalesce(chunks) {
		w.held = append(w.held, window{extent: e})
	}
	g, ctx := errgroup.WithContext(w.ctx)
	g.SetLimit(requests)
	for i := range w.held {
		g.Go(func() error {
			var err error
			w.held[i].data, err = w.src.read(ctx, w.held[i].start, w.held[i].size())
			return err
		})
	}
	return g.Wait()
}

// fits says whether parts can be held as a whole.
func (w *windows) fits(parts []extent) bool {
	var total int64
	for _, p := range parts {
		total += p.size()
	}
	return total <= w.budget
}

// coalesce joins parts that lie near each other, and splits what is longer than a request.
func coalesce(parts []extent) []extent {
	var joined []extent
	for _, p := range parts {
		if n := len(joined); n > 0 && p.start-joined[n-1].end <= bridge {
			joined[n-1].end = max(joined[n-1].end, p.end)
			continue
		}
		joined = append(joined, p)
	}
	var out []extent
	for _, j := range joined {
		for j.size() > requestBytes {
			out = append(out, extent{j.start, j.start + requestBytes})
			j.start += requestBytes
		}
		out = append(out, j)
	}
	return out
}

// ReadAt gives bytes of the wanted columns.
func (w *windows) ReadAt(p []byte, off int64) (int, error) {
	done := 0
	for done < len(p) {
		win, err := w.at(off + int64(done))
		if err != nil {
			if !errors.Is(err, io.EOF) && w.err == nil {
				w.err = err
			}
			return done, err
		}
		done += copy(p[done:], win.data[off+int64(done)-win.start:])
	}
	return done, nil
}

// at finds or reads the window with a byte.
func (w *windows) at(off int64) (*window, error) {
	for i := range w.held {
		if h := &w.held[i]; off >= h.start && off < h.end {
			return h, nil
		}
	}
	for i, c := range w.chunks {
		if w.step > 0 && off >= c.start && off < c.end {
			e := extent{off, min(off+w.step, c.end)}
			data, err := w.src.read(w.ctx, e.start, e.size())
			if err != nil {
				return nil, err
			}
			w.held[i] = window{e, data}
			return &w.held[i], nil
		}
	}
	return nil, io.EOF
}

// Read is there because Arrow's reader asks for the method; it never calls it.
func (w *windows) Read([]byte) (int, error) { return 0, errors.ErrUnsupported }

// Seek is there for the same reason.
func (w *windows) Seek(int64, int) (int64, error) { return 0, errors.ErrUnsupported }
