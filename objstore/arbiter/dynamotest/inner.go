package dynamotest

import (
	"context"
	"fmt"

	"github.com/ingestd/ingestd/objstore"
)

// Unconditional is a store that has no conditional puts.
type Unconditional struct{ objstore.Store }

// Put implements objstore.Store.
func (u Unconditional) Put(ctx context.Context, key string, b objstore.Body, c objstore.Cond) (objstore.Info, error) {
	if c != (objstore.Cond{}) {
		return objstore.Info{}, &objstore.OpError{Op: "put", Key: key, Store: u.URL(), Err: fmt.Errorf("%w: conditions", objstore.ErrNotSupported)}
	}
	return u.Store.Put(ctx, key, b, c)
}
