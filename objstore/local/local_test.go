package local

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"
	"testing/iotest"
	"time"

	"github.com/ingestd/ingestd/objstore"
	"github.com/ingestd/ingestd/objstore/storetest"
)

func TestConformance(t *testing.T) {
	storetest.Run(t, func(t *testing.T) objstore.Store { return open(t, t.TempDir()) })
}

// A file system without hard links goes through renameat2.
func TestConformanceWithoutHardLinks(t *testing.T) {
	storetest.Run(t, func(t *testing.T) objstore.Store {
		s := open(t, filepath.Join(t.TempDir(), "made/by the first put"))
		s.syncFile = func(*os.File) error { return nil } // the other run syncs
		s.link = func(a, b string) error { return &os.LinkError{Op: "link", Old: a, New: b, Err: syscall.EPERM} }
		return s
	})
}

func TestIfAbsentIsRefusedWhereItCannotBeAtomic(t *testing.T) {
	s := open(t, t.TempDir())
	s.link = func(string, string) error { return syscall.ENOTSUP }
	s.moveOver = func(string, string) error { return syscall.EINVAL }
	_, err := s.Put(t.Context(), "k", objstore.Bytes(nil), objstore.Cond{IfAbsent: true})
	if !errors.Is(err, objstore.ErrNotSupported) {
		t.Error(err)
	}
	wantFiles(t, s)
}

// Over NFS the answer to a link can be lost; the kernel asks again and is told that the name is taken.
func TestIfAbsentKnowsItsOwnLink(t *testing.T) {
	s := open(t, t.TempDir())
	s.link = func(a, b string) error { return errors.Join(os.Link(a, b), os.Link(a, b)) }
	if _, err := s.Put(t.Context(), "k", objstore.Bytes(nil), objstore.Cond{IfAbsent: true}); err != nil {
		t.Error(err)
	}
	wantFiles(t, s, "k")
}

func TestAnObjectIsNoFolder(t *testing.T) {
	s := open(t, t.TempDir())
	put(t, s, "file", "x")
	put(t, s, "folder/file", "x")
	for _, c := range []objstore.Cond{{}, {IfAbsent: true}} {
		for _, key := range []string{"file/below", "folder"} {
			_, err := s.Put(t.Context(), key, objstore.Bytes(nil), c)
			if !errors.Is(err, objstore.ErrNotSupported) || errors.Is(err, objstore.ErrNotExist) {
				t.Errorf("put %s with %+v: %v", key, c, err)
			}
		}
	}
	if err := s.Delete(t.Context(), "folder"); err != nil {
		t.Error(err)
	}
	if err := os.Mkdir(filepath.Join(s.Root(), "empty"), 0o777); err != nil {
		t.Fatal(err)
	}
	if err := s.Delete(t.Context(), "empty"); err != nil {
		t.Error(err)
	}
	if _, err := os.Stat(filepath.Join(s.Root(), "empty")); err != nil {
		t.Error("a delete of a key removed a folder")
	}
}

func TestReservedNamesAreNoKeys(t *testing.T) {
	s := open(t, t.TempDir())
	for _, key := range []string{".ingestd-x.tmp", "a/.ingestd-lock", "a/.ingestd-/b"} {
		if _, err := s.Put(t.Context(), key, objstore.Bytes(nil), objstore.Cond{}); !errors.Is(err, objstore.ErrKey) {
			t.Errorf("%s: %v", key, err)
		}
	}
	put(t, s, ".ingestdx", "") // only looks like one
	wantFiles(t, s, ".ingestdx")
}

func TestStaleTemporaryFiles(t *testing.T) {
	now := time.Date(2026, 11, 1, 12, 0, 0, 0, time.UTC)
	s := open(t, t.TempDir(), WithNow(func() time.Time { return now }))
	put(t, s, "folder/k", "v")
	for name, age := range map[string]time.Duration{"old": 48 * time.Hour, "young": time.Minute} {
		p := filepath.Join(s.Root(), "folder", objstore.Reserved+name+".tmp")
		if err := errors.Join(os.WriteFile(p, []byte("half"), 0o600), os.Chtimes(p, now.Add(-age), now.Add(-age))); err != nil {
			t.Fatal(err)
		}
	}
	if got := keys(t, s); !slices.Equal(got, []string{"folder/k"}) {
		t.Errorf("listed: %q", got)
	}
	n, err := s.RemoveStale(t.Context(), now.Add(-24*time.Hour))
	if err != nil || n != 1 {
		t.Errorf("removed %d, %v", n, err)
	}
	wantFiles(t, s, "folder/"+objstore.Reserved+"young.tmp", "folder/k")
	info, err := s.Head(t.Context(), "folder/k")
	if err != nil || !info.ModTime.Equal(now) {
		t.Errorf("modification time %v, %v", info.ModTime, err)
	}
}

func TestChecksumsOfHadoopGoWithTheFileThatTheyAreOf(t *testing.T) {
	s := open(t, t.TempDir())
	put(t, s, "d/matched", "old")
	old, err := s.Head(t.Context(), "d/matched")
	if err != nil {
		t.Fatal(err)
	}
	put(t, s, "d/.other.crc", "kept")
	for key, c := range map[string]objstore.Cond{"file": {}, "new": {IfAbsent: true}, "matched": {IfMatch: old.ETag}} {
		put(t, s, "d/."+key+".crc", "stale")
		if _, err := s.Put(t.Context(), "d/"+key, objstore.Bytes([]byte("new")), c); err != nil {
			t.Fatal(err)
		}
	}
	put(t, s, "d/gone", "x")
	put(t, s, "d/.gone.crc", "stale")
	if err := s.Delete(t.Context(), "d/gone"); err != nil {
		t.Fatal(err)
	}
	if got, want := keys(t, s), []string{"d/.other.crc", "d/file", "d/matched", "d/new"}; !slices.Equal(got, want) {
		t.Errorf("got %q, want %q", got, want)
	}
}

func TestSymbolicLinksAreFollowed(t *testing.T) {
	away := t.TempDir()
	s := open(t, t.TempDir())
	at := func(name string) string { return filepath.Join(s.Root(), name) }
	put(t, s, "real/file", "real")
	if err := errors.Join(
		os.WriteFile(filepath.Join(away, "there"), []byte("away"), 0o666),
		os.Symlink(away, at("folder")),
		os.Symlink(at("real/file"), at("link")),
		os.Symlink(at("nowhere"), at("dangling")),
		os.Symlink(s.Root(), at("real/loop")),
		os.Symlink("self", at("self")),
		syscall.Mkfifo(at("pipe"), 0o666),
	); err != nil {
		t.Fatal(err)
	}
	if got, want := keys(t, s), []string{"folder/there", "link", "real/file"}; !slices.Equal(got, want) {
		t.Errorf("got %q, want %q", got, want)
	}
	if got, _, err := objstore.ReadAll(t.Context(), s, "folder/there"); string(got) != "away" {
		t.Error(err)
	}
	for _, key := range []string{"pipe", "dangling", "pipe/x"} {
		if _, _, err := s.Get(t.Context(), key, objstore.Range{}); !errors.Is(err, objstore.ErrNotExist) {
			t.Errorf("%s: %v", key, err)
		}
	}
	put(t, s, "link", "new")
	if got, _, err := objstore.ReadAll(t.Context(), s, "real/file"); string(got) != "real" {
		t.Errorf("a put over a link wrote through it: %q, %v", got, err)
	}
}

func TestErrorsOfTheSystemAreNamed(t *testing.T) {
	for _, c := range []struct{ err, want error }{
		{syscall.ENOSPC, objstore.ErrNoSpace},
		{syscall.EDQUOT, objstore.ErrNoSpace},
		{syscall.EACCES, objstore.ErrPermission},
		{syscall.EPERM, objstore.ErrPermission},
		{syscall.EROFS, objstore.ErrPermission},
	} {
		s := open(t, t.TempDir())
		put(t, s, "old", "old")
		s.syncFile = func(*os.File) error { return c.err }
		for _, key := range []string{"old", "new"} {
			_, err := s.Put(t.Context(), key, objstore.Bytes([]byte("x")), objstore.Cond{})
			if !errors.Is(err, c.want) || !errors.Is(err, c.err) || errors.Is(err, objstore.ErrOutcomeUnknown) {
				t.Errorf("%v became %v", c.err, err)
			}
		}
		wantFiles(t, s, "old")
	}
	s := open(t, t.TempDir())
	if _, err := s.Head(t.Context(), strings.Repeat("n", 256)); !errors.Is(err, objstore.ErrKey) {
		t.Error(err)
	}
}

// The file has its name but may lose it: neither success nor failure.
func TestAFolderThatCannotBeSyncedIsAnUnknownOutcome(t *testing.T) {
	s := open(t, t.TempDir())
	put(t, s, "a/first", "")
	s.syncFile = func(f *os.File) error {
		if fi, err := f.Stat(); err == nil && fi.IsDir() {
			return syscall.EIO
		}
		return nil
	}
	_, err := s.Put(t.Context(), "a/k", objstore.Bytes(nil), objstore.Cond{IfAbsent: true})
	if !errors.Is(err, objstore.ErrOutcomeUnknown) || !errors.Is(err, syscall.EIO) {
		t.Error(err)
	}
}

// Every folder from the root's own entry down to the file's is synced before Put returns, also
// those that another process made, and only the last one on later puts.
func TestFoldersAreSynced(t *testing.T) {
	base := t.TempDir()
	s := open(t, filepath.Join(base, "root"))
	if err := os.MkdirAll(filepath.Join(s.Root(), "a"), 0o777); err != nil {
		t.Fatal(err)
	}
	var synced []string
	s.syncFile = func(f *os.File) error {
		if fi, _ := f.Stat(); fi.IsDir() {
			rel, _ := filepath.Rel(base, f.Name())
			synced = append(synced, rel)
		}
		return nil
	}
	put(t, s, "a/b/k", "")
	if got, want := slices.Compact(slices.Sorted(slices.Values(synced))), []string{".", "root", "root/a", "root/a/b"}; !slices.Equal(got, want) {
		t.Errorf("synced %q, want %q", got, want)
	}
	synced = nil
	put(t, s, "a/b/k2", "")
	if !slices.Equal(synced, []string{"root/a/b"}) {
		t.Errorf("then synced %q", synced)
	}
}

// What goes wrong in a body is told as it is, and never taken for the store's.
func TestErrorsOfTheBodyAreNotTheStores(t *testing.T) {
	s := open(t, t.TempDir())
	body := objstore.Stream(iotest.ErrReader(&fs.PathError{Op: "read", Path: "elsewhere", Err: syscall.ENOENT}))
	_, err := s.Put(t.Context(), "k", body, objstore.Cond{})
	if errors.Is(err, objstore.ErrNotExist) || !errors.Is(err, fs.ErrNotExist) {
		t.Error(err)
	}
}

func TestRoot(t *testing.T) {
	dir := t.TempDir()
	s := open(t, filepath.Join(dir, "with space%"))
	if want := "file://" + filepath.ToSlash(dir) + "/with%20space%25"; s.URL() != want {
		t.Errorf("URL %s, want %s", s.URL(), want)
	}
	put(t, s, "k", "")
	if _, err := New(filepath.Join(s.Root(), "k")); !errors.Is(err, objstore.ErrNotSupported) {
		t.Error("a file as root:", err)
	}
	fi, err := os.Stat(filepath.Join(s.Root(), "k"))
	if err != nil || fi.Mode().Perm()&0o400 == 0 {
		t.Error(fi.Mode(), err)
	}
}

func open(t testing.TB, dir string, opts ...Option) *Store {
	t.Helper()
	s, err := New(dir, opts...)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func put(t testing.TB, s *Store, key, value string) {
	t.Helper()
	if _, err := s.Put(t.Context(), key, objstore.Bytes([]byte(value)), objstore.Cond{}); err != nil {
		t.Fatal(err)
	}
}

func keys(t testing.TB, s *Store) []string {
	t.Helper()
	var all []string
	for info, err := range s.List(t.Context(), "", "") {
		if err != nil {
			t.Fatal(err)
		}
		all = append(all, info.Key)
	}
	return all
}

// wantFiles looks at the disk itself: nothing but these may be there.
func wantFiles(t *testing.T, s *Store, want ...string) {
	t.Helper()
	var got []string
	err := filepath.WalkDir(s.Root(), func(p string, d fs.DirEntry, err error) error {
		if err == nil && !d.IsDir() {
			rel, _ := filepath.Rel(s.Root(), p)
			got = append(got, rel)
		}
		return err
	})
	if err != nil || !slices.Equal(got, want) {
		t.Errorf("on disk %q, want %q; %v", got, want, err)
	}
}
