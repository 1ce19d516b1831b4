package convert

import (
	"context"
	"strings"
	"time"

	"github.com/ingestd/ingestd/objstore"
	"github.com/ingestd/ingestd/table/partition"
)

// file is a Parquet file of the folder.
type file struct {
	key     string
	size    int64
	modTime time.Time
	values  []*string // of the partition columns, unescaped; nil is null

	shape *shape // of its columns; shared by files that have the same
	rows  int64
	stats *string
}

// list finds the files, in the order of their keys, and the names of the partition columns.
func list(ctx context.Context, store objstore.Store) (files []*file, columns []string, err error) {
	for info, err := range store.List(ctx, "", "") {
		if err != nil {
			return nil, nil, err
		}
		if hidden(info.Key) || info.Size == 0 { // an empty object marks a folder
			continue
		}
		names, values := partitionOf(info.Key)
		switch {
		case len(files) == 0:
			columns = names
		case !sameNames(columns, names):
			return nil, nil, &PartitionError{Key: info.Key, Got: names, Want: columns}
		}
		files = append(files, &file{key: info.Key, size: info.Size, modTime: info.ModTime, values: values})
	}
	if len(files) == 0 {
		return nil, nil, &EmptyError{URL: store.URL()}
	}
	return files, columns, nil
}

// hidden says whether a file is none of the table's, as Spark's CONVERT has it.
func hidden(key string) bool {
	dir, name := "", key
	if i := strings.LastIndexByte(key, '/'); i >= 0 {
		dir, name = key[:i], key[i+1:]
	}
	if name[0] == '_' || name[0] == '.' {
		return true
	}
	for segment := range strings.SplitSeq(dir, "/") {
		if strings.HasPrefix(segment, ".") || strings.HasPrefix(segment, "_") && !strings.Contains(segment, "=") {
			return true
		}
	}
	return false
}

// partitionOf reads the folders of a key: "day=2024-01-02/shop=a%2Fb/x.parquet". A folder without = is passed over, as in Spark
// where it is above all that have one.
func partitionOf(key string) (names []string, values []*string) {
	segments := strings.Split(key, "/")
	for _, s := range segments[:len(segments)-1] {
		name, value, ok := strings.Cut(s, "=")
		if !ok || name == "" {
			continue
		}
		names = append(names, partition.Unescape(name))
		if text := partition.Unescape(value); text == partition.NullDir || text == "" {
			values = append(values, nil)
		} else {
			values = append(values, &text)
		}
	}
	return names, values
}

func sameNames(a, b []string) bool {
	if len(a) != len(b) {
		return false
	}
	for i := range a {
		if !strings.EqualFold(a[i], b[i]) {
			return false
		}
	}
	return true
}
