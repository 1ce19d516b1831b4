package storetest

import (
	"fmt"
	"slices"
	"testing"

	"github.com/ingestd/ingestd/objstore"
)

var lists = tests{
	"of nothing": func(t *testing.T, s objstore.Store) {
		for _, prefix := range []string{"", "a", "a/", "a/b/c"} {
			if got := listKeys(t, s, prefix, ""); len(got) > 0 {
				t.Errorf("%q: %q", prefix, got)
			}
		}
	},
	"byte order of whole keys": func(t *testing.T, s objstore.Store) {
		all := []string{"a-b", "a.b", "a/b", "a/b-c", "a/b.c/d", "a/b0", "a0", "a!x/y", "B", "b/é", "b/z", "b/日"}
		for _, k := range all {
			put(t, s, k, k)
		}
		want := wantKeys(all, "", "")
		if got := listKeys(t, s, "", ""); !slices.Equal(got, want) {
			t.Errorf("got  %q\nwant %q", got, want)
		}
	},
	"every prefix, every start": func(t *testing.T, s objstore.Store) {
		all := putNasty(t, s)
		var afters []string
		for i := 0; i < len(all); i += 3 {
			afters = append(afters, all[i])
		}
		prefixes := []string{"", "a", "a/", "a/b", "b", "b/", "b0", "unicode/", "unicode/z", "d", "date=2024-01-01", "absent", "absent/x", "deep/d/d", "_delta_log/0000000000000000000", ".", "x/."}
		afters = append(afters, "", "a", "a/", "a/zzz", "b/", "unicode", "_delta_log/00000000000000000000.jsom", "\U0010ffff", "deep/d", "deep/d/d/e")
		for _, prefix := range prefixes {
			for _, after := range afters {
				got, want := listKeys(t, s, prefix, after), wantKeys(all, prefix, after)
				if !slices.Equal(got, want) {
					t.Fatalf("prefix %q after %q:\ngot  %q\nwant %q", prefix, after, got, want)
				}
			}
		}
	},
	"more than a page": func(t *testing.T, s objstore.Store) {
		var all []string
		for i := range 1100 {
			all = append(all, fmt.Sprintf("p/%05d", i))
		}
		putAll(t, s, all, func(int) string { return "" })
		if got := listKeys(t, s, "p/", ""); !slices.Equal(got, all) {
			t.Errorf("%d of %d", len(got), len(all))
		}
		if got := listKeys(t, s, "p/", "p/00049"); !slices.Equal(got, all[50:]) {
			t.Errorf("%d of %d", len(got), len(all)-50)
		}
		if err := s.Delete(t.Context(), all...); err != nil {
			t.Fatal(err)
		}
		if got := listKeys(t, s, "", ""); len(got) > 0 {
			t.Errorf("%d left after delete", len(got))
		}
	},
	"a loop may stop, and run again": func(t *testing.T, s objstore.Store) {
		for i := range 5 {
			put(t, s, fmt.Sprint("k", i), "")
		}
		seq := s.List(t.Context(), "", "")
		for range 2 {
			n := 0
			for _, err := range seq {
				if err != nil {
					t.Fatal(err)
				}
				if n++; n == 2 {
					break
				}
			}
		}
	},
	"beside writes shows all that was there": func(t *testing.T, s objstore.Store) {
		for i := range 20 {
			put(t, s, fmt.Sprintf("k/%02d", i), "")
		}
		n := 0
		for info, err := range s.List(t.Context(), "k/", "") {
			if err != nil {
				t.Fatal(err)
			}
			if info.Size == 0 {
				n++
			}
			put(t, s, fmt.Sprintf("k/%02dx", n), "new")
			if n%2 == 0 {
				if err := s.Delete(t.Context(), info.Key); err != nil {
					t.Fatal(err)
				}
			}
		}
		if n != 20 {
			t.Errorf("saw %d of 20", n)
		}
	},
}
