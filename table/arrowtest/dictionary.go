package arrowtest

import (
	"math/rand"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/array"
	"github.com/apache/arrow-go/v18/arrow/memory"
)

// Dictionary encodes an array of strings or binaries as a dictionary with int32 indices that holds
// the same values, in random order, some of them twice, some unused; nulls are in the indices, in
// the dictionary, or both.
func Dictionary(r *rand.Rand, arr arrow.Array) *array.Dictionary {
	values := array.NewBuilder(memory.DefaultAllocator, arr.DataType())
	places := map[string][]int32{}
	add := func(i int) {
		key := Value(arr, i)
		places[key] = append(places[key], int32(values.Len()))
		if arr.IsNull(i) {
			values.AppendNull()
		} else if s, ok := values.(*array.StringBuilder); ok {
			s.Append(arr.(*array.String).Value(i))
		} else {
			values.(*array.BinaryBuilder).Append(arr.(*array.Binary).Value(i))
		}
	}
	for _, i := range r.Perm(arr.Len()) {
		if len(places[Value(arr, i)]) == 0 || r.Intn(10) == 0 {
			add(i)
		}
	}
	if s, ok := values.(*array.StringBuilder); ok && r.Intn(2) == 0 {
		s.Append("unused \U0010FFFF")
		s.Append("")
	}
	indices := array.NewInt32Builder(memory.DefaultAllocator)
	for i := range arr.Len() {
		p := places[Value(arr, i)]
		if arr.IsNull(i) && r.Intn(2) == 0 {
			indices.AppendNull()
		} else {
			indices.Append(p[r.Intn(len(p))])
		}
	}
	dt := &arrow.DictionaryType{IndexType: arrow.PrimitiveTypes.Int32, ValueType: arr.DataType()}
	return array.NewDictionaryArray(dt, indices.NewArray(), values.NewArray())
}
