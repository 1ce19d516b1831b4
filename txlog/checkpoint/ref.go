// Package checkpoint reads and writes the files that hold the state of a table at one version, so
// that a log need not be replayed from its start ("Checkpoints" of the Delta protocol), and the hint
// that names the newest (_last_checkpoint).
//
// A checkpoint is its top-level actions (protocol, metaData, txn, domainMetadata, ...), which are
// few, and parts that hold the file actions, which may be millions. They are read apart: who
// appends to a table reads the first alone, and a part is read as a stream, a row group at a time.
// In classic and multi-part checkpoints the parts are the files of the checkpoint themselves; V2
// checkpoints may name sidecars instead.
//
// The package decides neither which checkpoint is used nor what is live at a version; see txlog.
package checkpoint

import (
	"context"
	"fmt"
	"net/url"
	"path"
	"strings"

	"github.com/ingestd/ingestd/objstore"
	"github.com/ingestd/ingestd/txlog/action"
)

// sidecarDir is where the sidecars of V2 checkpoints are, seen from the root of the table.
const sidecarDir = "_delta_log/_sidecars/"

// Ref names a complete checkpoint.
type Ref struct {
	Version int64
	// Files are the file of a classic or UUID-named checkpoint, or all parts of a multi-part one.
	Files []objstore.Info
}

// CorruptError says that a file of a checkpoint is not what it should be. Older checkpoints and the commits
// still hold what it held.
type CorruptError struct {
	Key string
	Err error
}

// Error tells the file and what is wrong.
func (e *CorruptError) Error() string {
	return fmt.Sprintf("checkpoint %s is damaged: %v", e.Key, e.Err)
}

// Unwrap is the cause.
func (e *CorruptError) Unwrap() error { return e.Err }

// Part is one file with add and remove actions.
type Part struct{ File objstore.Info }

// Top reads the top-level actions: protocol, metaData, txn, domainMetadata, and of a V2 checkpoint
// checkpointMetadata and sidecar. Their order is not told. The columns of file actions are not read.
// Errors: *CorruptError; those of Store.Get.
func (r Ref) Top(ctx context.Context, store objstore.Store) ([]action.Action, error) {
	var out []action.Action
	for _, f := range r.Files {
		top, err := readTop(ctx, store, f)
		if err != nil {
			return nil, fmt.Errorf("checkpoint of version %d: %w", r.Version, err)
		}
		out = append(out, top...)
	}
	return out, nil
}

// Parts are the files with the file actions: the sidecars among top, or else the checkpoint's own.
func (r Ref) Parts(top []action.Action) []Part {
	var parts []Part
	for _, a := range top {
		if s, ok := a.(*action.Sidecar); ok {
			parts = append(parts, Part{objstore.Info{Key: SidecarKey(s), Size: s.SizeInBytes}})
		}
	}
	if parts == nil {
		for _, f := range r.Files {
			parts = append(parts, Part{f})
		}
	}
	return parts
}

// SidecarKey is the key of a sidecar. Its path is URI-encoded and may be a mere name, relative or absolute; the file
// always is in the folder of the table's own sidecars, wherever the table was when the checkpoint was written.
func SidecarKey(s *action.Sidecar) string {
	name := path.Base(s.Path)
	if decoded, err := url.PathUnescape(name); err == nil {
		name = decoded
	}
	return sidecarDir + name
}

func isJSON(key string) bool { return strings.HasSuffix(key, ".json") }
