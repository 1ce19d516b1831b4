package storetest

import (
	"testing"

	"github.com/ingestd/ingestd/objstore"
)

var ranges = tests{
	"parts": func(t *testing.T, s objstore.Store) {
		put(t, s, "k", "0123456789")
		for _, c := range []struct {
			off, n int64
			want   string
		}{
			{0, 0, "0123456789"}, {0, 1, "0"}, {0, 10, "0123456789"}, {0, 99, "0123456789"},
			{3, 0, "3456789"}, {3, 4, "3456"}, {9, 1, "9"}, {9, 5, "9"}, {5, 5, "56789"},
			{-1, 0, "9"}, {-4, 0, "6789"}, {-10, 0, "0123456789"}, {-99, 0, "0123456789"}, {-4, 2, "6789"},
		} {
			got, info, err := getRange(s, "k", objstore.Range{Offset: c.off, Length: c.n})
			if err != nil || got != c.want || info.Size != 10 {
				t.Errorf("range %d+%d: %q of %d bytes, %v; want %q of 10", c.off, c.n, got, info.Size, err, c.want)
			}
		}
	},
	"past the end": func(t *testing.T, s objstore.Store) {
		put(t, s, "k", "0123456789")
		for _, r := range []objstore.Range{{Offset: 10}, {Offset: 10, Length: 1}, {Offset: 11}, {Offset: 1 << 40, Length: 5}, {Length: -1}} {
			_, _, err := getRange(s, "k", r)
			wantErr(t, err, objstore.ErrRange, "k")
		}
	},
	"of an empty object": func(t *testing.T, s objstore.Store) {
		put(t, s, "empty", "")
		for _, r := range []objstore.Range{{}, {Length: 5}, {Offset: -5}} {
			got, info, err := getRange(s, "empty", r)
			if err != nil || got != "" || info.Size != 0 || info.Key != "empty" || info.ETag == "" {
				t.Errorf("%v: %q, %+v, %v", r, got, info, err)
			}
		}
		_, _, err := getRange(s, "empty", objstore.Range{Offset: 1})
		wantErr(t, err, objstore.ErrRange)
	},
	"of an absent object": func(t *testing.T, s objstore.Store) {
		for _, r := range []objstore.Range{{}, {Offset: 5}, {Offset: -5}} {
			_, _, err := getRange(s, "folder/absent", r)
			wantErr(t, err, objstore.ErrNotExist, "folder/absent")
		}
	},
}
