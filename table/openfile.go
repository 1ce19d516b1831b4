package table

import (
	"fmt"

	"github.com/apache/arrow-go/v18/arrow"

	"github.com/ingestd/ingestd/table/datafile"
	"github.com/ingestd/ingestd/table/partition"
	"github.com/ingestd/ingestd/txlog/action"
)

// openFileCost is what an open file costs in buffers of its encoder beside the rows it holds.
const openFileCost = 64 << 10

// openFile is a data file that rows are being added to. One goroutine uses it.
type openFile struct {
	target  *target
	values  map[string]*string
	up      *upload
	w       *datafile.Writer
	held    int64 // bytes in memory, as last measured
	lastUse int64
}

// open begins a file for the rows of a partition.
func (w *WriteSet) open(t *target, p partition.Part) (*openFile, error) {
	w.mu.Lock()
	key := w.format.key(len(w.keys), p.Dir, w.t.conf.newID())
	w.keys = append(w.keys, key)
	w.mu.Unlock()
	up := newUpload(w.ctx, w.t.Store(), key)
	enc, err := datafile.NewWriter(up, t.fileSchema, datafile.Options{
		Codec: w.format.codec, Stats: &t.stats, FieldIDs: t.shape.mapped(),
	})
	if err != nil {
		return nil, err
	}
	return &openFile{target: t, values: p.Values, up: up, w: enc}, nil
}

func (f *openFile) write(rows arrow.RecordBatch) error {
	if err := f.w.Write(rows); err != nil {
		return fmt.Errorf("write data file %s: %w", f.up.key, err)
	}
	return nil
}

// size is what the file would have, closed now, as far as it can be told.
func (f *openFile) size() int64 { return f.w.BytesWritten() }

// measure tells by how much the memory that the file holds has grown since the last time.
func (f *openFile) measure() int64 {
	encoded := max(f.w.BytesWritten()-f.up.size, 0)
	now := openFileCost + encoded + encoded/2 + f.up.held()
	grown := now - f.held
	f.held = now
	return grown
}

// abort ends file and upload.
func (f *openFile) abort() {
	f.w.Abort()
	f.up.abort()
}

// end finishes the encoding of f, in the goroutine of the caller, and then its upload, in another.
func (w *WriteSet) end(f *openFile) error {
	res, err := f.w.Close()
	if err != nil {
		f.abort()
		return fmt.Errorf("write data file %s: %w", f.up.key, err)
	}
	add := &action.Add{Path: partition.EncodePath(f.up.key), PartitionValues: f.values, Size: res.Size, DataChange: true}
	if !w.feed {
		add.Stats = new(res.Stats.Encode())
	}
	w.uploads.Go(func() error {
		if err := f.up.finish(); err != nil {
			err = fmt.Errorf("write data file %s: %w", f.up.key, err)
			w.cancel(err)
			return err
		}
		add.ModificationTime = w.t.nowMillis()
		w.mu.Lock()
		defer w.mu.Unlock()
		w.adds = append(w.adds, add)
		return nil
	})
	return nil
}
