package deletionvector

import (
	"encoding/binary"
	"errors"
	"fmt"
	"math"
	"strings"

	"github.com/google/uuid"
)

// alphabet is that of Z85 (rfc.zeromq.org/spec/32).
const alphabet = "0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ.-:+=^!/*?&<>()[]{}@%$#"

// uuidLength is that of a UUID in Z85.
const uuidLength = 20

// encode85 writes Z85, with zeros added up to a multiple of four bytes.
func encode85(b []byte) string {
	if pad := -len(b) & 3; pad > 0 {
		b = append(b[:len(b):len(b)], make([]byte, pad)...)
	}
	out := make([]byte, 0, len(b)/4*5)
	for ; len(b) > 0; b = b[4:] {
		v := binary.BigEndian.Uint32(b)
		for _, by := range [...]uint32{85 * 85 * 85 * 85, 85 * 85 * 85, 85 * 85, 85, 1} {
			out = append(out, alphabet[v/by%85])
		}
	}
	return string(out)
}

var errUnaligned = errors.New("base85 comes in groups of five characters")

// decode85 reads Z85; the bytes may end with padding.
func decode85(s string) ([]byte, error) {
	if len(s)%5 != 0 {
		return nil, errUnaligned
	}
	out := make([]byte, 0, len(s)/5*4)
	for ; len(s) > 0; s = s[5:] {
		var v uint64
		for i := range 5 {
			d := strings.IndexByte(alphabet, s[i])
			if d < 0 {
				return nil, fmt.Errorf("%q is no character of base85", s[i])
			}
			v = v*85 + uint64(d)
		}
		if v > math.MaxUint32 {
			return nil, fmt.Errorf("%q is no group of base85", s[:5])
		}
		out = binary.BigEndian.AppendUint32(out, uint32(v))
	}
	return out, nil
}

func encodeUUID(id uuid.UUID) string { return encode85(id[:]) }

func decodeUUID(s string) (uuid.UUID, error) {
	b, err := decode85(s)
	if err != nil {
		return uuid.UUID{}, err
	}
	return uuid.FromBytes(b)
}
