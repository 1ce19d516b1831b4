package arrowtest

import (
	"fmt"
	"math/rand"

	"github.com/ingestd/ingestd/txlog/schema"
)

// Flat are the types without children that any file can hold.
var Flat = []schema.Type{
	schema.String, schema.Long, schema.Integer, schema.Short, schema.Byte, schema.Float, schema.Double,
	schema.Boolean, schema.Binary, schema.Date, schema.Timestamp, schema.TimestampNTZ,
	schema.Decimal{Precision: 7, Scale: 2}, schema.Decimal{Precision: 18, Scale: 0}, schema.Decimal{Precision: 38, Scale: 10},
}

// Schema is a random schema of 1 to maxFields columns nested up to depth levels (0: flat).
func Schema(r *rand.Rand, maxFields, depth int) *schema.Struct {
	s := &schema.Struct{}
	for i := range 1 + r.Intn(maxFields) {
		s.Fields = append(s.Fields, schema.Field{
			Name: fmt.Sprintf("c%d", i), Type: randomType(r, depth), Nullable: r.Intn(3) > 0,
		})
	}
	return s
}

func randomType(r *rand.Rand, depth int) schema.Type {
	if depth == 0 || r.Intn(2) == 0 {
		return Flat[r.Intn(len(Flat))]
	}
	switch r.Intn(3) {
	case 0:
		return &schema.Array{Element: randomType(r, depth-1), ContainsNull: r.Intn(2) == 0}
	case 1:
		keys := []schema.Type{schema.String, schema.Integer, schema.Date}
		return &schema.Map{Key: keys[r.Intn(len(keys))], Value: randomType(r, depth-1), ValueContainsNull: r.Intn(2) == 0}
	default:
		return Schema(r, 3, depth-1)
	}
}
