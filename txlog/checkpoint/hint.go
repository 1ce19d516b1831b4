package checkpoint

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"path"

	"github.com/ingestd/ingestd/objstore"
	"github.com/ingestd/ingestd/txlog/action"
)

// HintKey is the file that names the newest checkpoint.
const HintKey = "_delta_log/_last_checkpoint"

// Hint is the content of _last_checkpoint ("Last Checkpoint File Schema"). It may be stale or
// wrong: nothing but speed depends on it.
type Hint struct {
	Version       int64 `json:"version"`
	Size          int64 `json:"size"`                    // actions
	Parts         int64 `json:"parts,omitempty"`         // of a multi-part checkpoint
	SizeInBytes   int64 `json:"sizeInBytes,omitempty"`   // of the checkpoint
	NumOfAddFiles int64 `json:"numOfAddFiles,omitempty"` // live files
	// V2 is the content of the top file of a V2 checkpoint, as far as that is small.
	V2       *HintV2 `json:"v2Checkpoint,omitempty"`
	Checksum string  `json:"checksum,omitempty"`
}

// HintV2 is what a hint tells of a V2 checkpoint, so that readers need not open it. The fields are Spark's.
type HintV2 struct {
	Path             string            `json:"path"`             // name of the top file
	SizeInBytes      int64             `json:"sizeInBytes"`      // of the top file
	ModificationTime int64             `json:"modificationTime"` // of the top file; milliseconds since the epoch
	NonFileActions   []json.RawMessage `json:"nonFileActions,omitempty"`
	SidecarFiles     []json.RawMessage `json:"sidecarFiles,omitzero"` // nil: not told
}

// maxInHint is how many actions, and how many sidecars, a hint holds; more are left out, as Spark does it.
const maxInHint = 30

// Hint is what _last_checkpoint says of the checkpoint that was written.
func (w Written) Hint(version int64) Hint {
	h := Hint{Version: version, Size: w.Actions, SizeInBytes: w.Bytes, NumOfAddFiles: w.Adds}
	if w.V2 == nil {
		return h
	}
	top := w.V2.Top
	h.V2 = &HintV2{Path: path.Base(top.Key), SizeInBytes: top.Size, ModificationTime: top.ModTime.UnixMilli()}
	var actions, sidecars []json.RawMessage
	for _, a := range w.V2.Actions {
		line := action.Append(nil, a)
		if s, ok := a.(*action.Sidecar); ok {
			sidecars = append(sidecars, line[len(`{"":`)+len(s.Kind()):len(line)-1])
		} else {
			actions = append(actions, line)
		}
	}
	if len(actions) <= maxInHint {
		h.V2.NonFileActions = actions
	}
	if len(sidecars) <= maxInHint {
		h.V2.SidecarFiles = append([]json.RawMessage{}, sidecars...)
	}
	return h
}

// maxHint bounds what is read of a hint; a V2 checkpoint may be embedded in it.
const maxHint = 64 << 20

// ErrNoHint says that there is no hint, or none that can be trusted.
var ErrNoHint = errors.New("no usable _last_checkpoint")

// ReadHint reads the hint. Whatever is wrong with it is ErrNoHint with the reason: the log must
// then be listed. Other errors are those of the store.
func ReadHint(ctx context.Context, store objstore.Store) (Hint, error) {
	body, _, err := store.Get(ctx, HintKey, objstore.Range{Length: maxHint + 1})
	if errors.Is(err, objstore.ErrNotExist) {
		return Hint{}, ErrNoHint
	}
	if err != nil {
		return Hint{}, err
	}
	defer body.Close()
	text, err := io.ReadAll(body)
	if err != nil {
		return Hint{}, fmt.Errorf("read %s: %w", HintKey, err)
	}
	return ParseHint(text)
}

// ParseHint reads the content of a hint; it verifies the checksum where there is one. Errors wrap ErrNoHint.
func ParseHint(text []byte) (Hint, error) {
	var h Hint
	if len(text) > maxHint {
		return h, fmt.Errorf("%w: it has more than %d bytes", ErrNoHint, maxHint)
	}
	if err := json.Unmarshal(text, &h); err != nil {
		return Hint{}, fmt.Errorf("%w: %w", ErrNoHint, err)
	}
	if h.Version < 0 {
		return Hint{}, fmt.Errorf("%w: version %d", ErrNoHint, h.Version)
	}
	if h.Checksum != "" {
		sum, err := Checksum(text)
		if err != nil {
			return Hint{}, fmt.Errorf("%w: %w", ErrNoHint, err)
		}
		if sum != h.Checksum {
			return Hint{}, fmt.Errorf("%w: its checksum is %s and should be %s", ErrNoHint, h.Checksum, sum)
		}
	}
	return h, nil
}

// WriteHint replaces the hint; the checksum is filled in. Who writes last wins, which is harmless.
func WriteHint(ctx context.Context, store objstore.Store, h Hint) error {
	h.Checksum = ""
	text, err := json.Marshal(h)
	if err != nil {
		return err
	}
	if h.Checksum, err = Checksum(text); err != nil {
		return err
	}
	if text, err = json.Marshal(h); err != nil {
		return err
	}
	_, err = store.Put(ctx, HintKey, objstore.Bytes(text), objstore.Cond{})
	return err
}
