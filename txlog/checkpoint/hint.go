package checkpoint

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"

	"github.com/ingestd/ingestd/objstore"
)

// HintKey is the file that names the newest checkpoint.
const HintKey = "_delta_log/_last_checkpoint"

// Hint is the content of _last_checkpoint ("Last Checkpoint File Schema"). It may be stale or
// wrong: nothing but speed depends on it.
type Hint struct {
	Version       int64  `json:"version"`
	Size          int64  `json:"size"`                    // actions
	Parts         int64  `json:"parts,omitempty"`         // of a multi-part checkpoint
	SizeInBytes   int64  `json:"sizeInBytes,omitempty"`   // of the checkpoint
	NumOfAddFiles int64  `json:"numOfAddFiles,omitempty"` // live files
	Checksum      string `json:"checksum,omitempty"`
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
