package deletionvector

import (
	"context"
	"encoding/binary"
	"fmt"
	"hash/crc32"
	"math"

	"github.com/google/uuid"

	"github.com/ingestd/ingestd/objstore"
	"github.com/ingestd/ingestd/txlog/action"
)

// InlineLimit is the most bytes of a serialised vector that goes into the log itself: there it costs
// neither a request to write nor one to read. Spark, delta-kernel-rs (delta-rs, DuckDB) read such.
const InlineLimit = 256

// Write stores vectors and gives their descriptors, in the order of the bitmaps. Those of at most
// [InlineLimit] bytes go inline; all others into one new file at the root of the table, whose key is the
// second result, empty where there is none. On an error the file may be there and belongs to nobody.
//
// newID gives UUIDs as text; what is none is hashed into one.
// Errors: those of the store; vectors that are too large for their descriptor.
func Write(ctx context.Context, store objstore.Store, newID func() string, bitmaps ...*Bitmap) ([]*action.DeletionVector, string, error) {
	return WriteBelow(ctx, store, "", newID, bitmaps...)
}

// WriteBelow is Write with the file in a folder of the table: the random prefix of tables with
// delta.randomizeFilePrefixes.
func WriteBelow(ctx context.Context, store objstore.Store, prefix string, newID func() string, bitmaps ...*Bitmap) ([]*action.DeletionVector, string, error) {
	out := make([]*action.DeletionVector, len(bitmaps))
	file := []byte{fileVersion}
	for i, b := range bitmaps {
		blob, err := b.Bytes()
		if err != nil {
			return nil, "", err
		}
		out[i] = &action.DeletionVector{StorageType: Inline, SizeInBytes: int32(len(blob)), Cardinality: b.Cardinality()}
		if len(blob) <= InlineLimit {
			out[i].PathOrInlineDv = encode85(blob)
			continue
		}
		if len(file)+len(blob)+8 > math.MaxInt32 {
			return nil, "", fmt.Errorf("the deletion vectors of one commit have more than %d bytes: delete in smaller steps", math.MaxInt32)
		}
		out[i].StorageType, out[i].Offset = Relative, new(int32(len(file)))
		file = binary.BigEndian.AppendUint32(file, uint32(len(blob)))
		file = append(file, blob...)
		file = binary.BigEndian.AppendUint32(file, crc32.ChecksumIEEE(blob))
	}
	if len(file) == 1 {
		return out, "", nil
	}
	id := newUUID(newID())
	for _, d := range out {
		if d.StorageType == Relative {
			d.PathOrInlineDv = prefix + encodeUUID(id)
		}
	}
	key := fileName(prefix, id.String())
	if _, err := store.Put(ctx, key, objstore.Bytes(file), objstore.Cond{IfAbsent: true}); err != nil {
		return nil, key, fmt.Errorf("write deletion vectors %s: %w", key, err)
	}
	return out, key, nil
}

func newUUID(text string) uuid.UUID {
	if id, err := uuid.Parse(text); err == nil {
		return id
	}
	return uuid.NewSHA1(uuid.NameSpaceOID, []byte(text))
}
