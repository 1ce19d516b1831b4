package crashtest

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/url"

	"github.com/ingestd/ingestd/objstore"
)

// A commit is what one file of a table's log says, read without package txlog.
type commit struct {
	version int64
	txns    map[string]int64
	files   []file
}

// A file is a data file that a commit added.
type file struct {
	key  string // in the store
	size int64
	rows int64
}

func (c commit) rows() (n int64) {
	for _, f := range c.files {
		n += f.rows
	}
	return n
}

// readLog reads all commits of a table, from version 0 to the first that is absent.
func readLog(ctx context.Context, store objstore.Store) ([]commit, error) {
	var log []commit
	for version := int64(0); ; version++ {
		key := fmt.Sprintf("_delta_log/%020d.json", version)
		data, _, err := objstore.ReadAll(ctx, store, key)
		if errors.Is(err, objstore.ErrNotExist) {
			return log, nil
		}
		if err != nil {
			return nil, err
		}
		c, err := decodeCommit(version, data)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", key, err)
		}
		log = append(log, c)
	}
}

func decodeCommit(version int64, data []byte) (commit, error) {
	c := commit{version: version, txns: map[string]int64{}}
	for line := range bytes.Lines(data) {
		var a struct {
			Add *struct {
				Path  string
				Size  int64
				Stats string
			}
			Txn *struct {
				AppID   string `json:"appId"`
				Version int64
			}
		}
		if err := json.Unmarshal(line, &a); err != nil {
			return c, err
		}
		if a.Txn != nil {
			if _, twice := c.txns[a.Txn.AppID]; twice {
				return c, fmt.Errorf("txn %s twice", a.Txn.AppID)
			}
			c.txns[a.Txn.AppID] = a.Txn.Version
		}
		if a.Add == nil {
			continue
		}
		var stats struct{ NumRecords int64 }
		key, err := url.PathUnescape(a.Add.Path)
		if err == nil {
			err = json.Unmarshal([]byte(a.Add.Stats), &stats)
		}
		if err != nil {
			return c, fmt.Errorf("add %s: %w", a.Add.Path, err)
		}
		c.files = append(c.files, file{key, a.Add.Size, stats.NumRecords})
	}
	return c, nil
}
