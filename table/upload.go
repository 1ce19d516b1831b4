package table

import (
	"context"
	"errors"
	"io"
	"sync"

	"github.com/ingestd/ingestd/objstore"
)

const (
	// streamAfter is the size up to which a file is kept in memory and put in one piece, which the
	// store can try again; what grows beyond goes to the store while it is still being encoded.
	streamAfter = 4 << 20
	// chunkSize and chunksInFlight bound what waits between the encoder and a slow store.
	chunkSize      = 256 << 10
	chunksInFlight = 8
)

// upload takes the bytes of one file and puts them into the store. One goroutine writes; the put
// runs in another, which finish waits for.
type upload struct {
	store objstore.Store
	key   string
	put   context.Context //nolint:containedctx // the life of the put, which outlasts the calls that write

	buf    []byte // not sent yet
	size   int64  // of all that was written
	pipe   *pipe  // nil until the file outgrows memory
	done   chan struct{}
	result error
}

// newUpload starts nothing yet. The put ends when put does.
func newUpload(put context.Context, store objstore.Store, key string) *upload {
	return &upload{store: store, key: key, put: put}
}

// Write implements io.Writer. It keeps no reference to p and blocks while the store is behind.
func (u *upload) Write(p []byte) (int, error) {
	u.buf = append(u.buf, p...)
	u.size += int64(len(p))
	limit := streamAfter
	if u.pipe != nil {
		limit = chunkSize
	}
	if len(u.buf) < limit {
		return len(p), nil
	}
	if u.pipe == nil {
		u.pipe = newPipe()
		u.start(objstore.Body{Size: -1, Once: true, Open: func() (io.ReadCloser, error) { return u.pipe, nil }})
	}
	if err := u.pipe.send(u.put, u.buf); err != nil {
		return 0, u.failure(err)
	}
	u.buf = make([]byte, 0, chunkSize+chunkSize/4)
	return len(p), nil
}

// held is how many bytes are in memory.
func (u *upload) held() int64 {
	if u.pipe == nil {
		return int64(len(u.buf))
	}
	return int64(len(u.buf)) + chunksInFlight*chunkSize
}

func (u *upload) start(b objstore.Body) {
	u.done = make(chan struct{})
	go func() {
		defer close(u.done)
		_, u.result = u.store.Put(u.put, u.key, b, objstore.Cond{})
		if u.pipe != nil {
			u.pipe.shut()
		}
	}()
}

// failure is why the put ended before the file did; the store's own reason where it has one.
func (u *upload) failure(err error) error {
	if cause := context.Cause(u.put); cause != nil {
		return cause
	}
	if errors.Is(err, io.ErrClosedPipe) {
		<-u.done
		if u.result != nil {
			return u.result
		}
	}
	return err
}

// finish sends the end of the file and waits until it is durable, or the put has failed.
func (u *upload) finish() error {
	if u.pipe == nil {
		u.start(objstore.Bytes(u.buf))
		<-u.done
		return u.result
	}
	err := u.pipe.send(u.put, u.buf)
	u.pipe.end(err)
	<-u.done
	if u.result != nil {
		return u.result
	}
	return err
}

// abort gives the file up and waits until the put has ended. It may have been written all the same.
func (u *upload) abort() {
	if u.pipe != nil {
		u.pipe.end(errAborted)
	}
	if u.done != nil {
		<-u.done
	}
	u.buf = nil
}

var errAborted = errors.New("the write was aborted")

// pipe hands chunks from a writer to the reader of a put, a bounded number at a time.
type pipe struct {
	chunks chan []byte
	closed chan struct{} // the reader has gone
	once   sync.Once
	err    error // why there are no more chunks; read after chunks is closed
	ended  bool  // by the writer
	cur    []byte
}

func newPipe() *pipe {
	return &pipe{chunks: make(chan []byte, chunksInFlight), closed: make(chan struct{})}
}

func (p *pipe) send(ctx context.Context, b []byte) error {
	select {
	case p.chunks <- b:
		return nil
	case <-p.closed:
		return io.ErrClosedPipe
	case <-ctx.Done():
		return context.Cause(ctx)
	}
}

// end is the writer's last word: err, or the end of the file.
func (p *pipe) end(err error) {
	if !p.ended {
		p.ended, p.err = true, err
		close(p.chunks)
	}
}

// Read implements io.Reader for the put.
func (p *pipe) Read(b []byte) (int, error) {
	for len(p.cur) == 0 {
		c, ok := <-p.chunks
		if !ok {
			if p.err != nil {
				return 0, p.err
			}
			return 0, io.EOF
		}
		p.cur = c
	}
	n := copy(b, p.cur)
	p.cur = p.cur[n:]
	return n, nil
}

// Close implements io.Closer for the put.
func (p *pipe) Close() error {
	p.shut()
	return nil
}

// shut tells the writer that nobody reads any more.
func (p *pipe) shut() { p.once.Do(func() { close(p.closed) }) }
