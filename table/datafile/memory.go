package datafile

import "unsafe"

// asBytes is the memory of numbers as bytes; little endian is what Parquet and all platforms that
// Arrow's Go library runs on have.
func asBytes[T any](vals []T) []byte {
	if len(vals) == 0 {
		return nil
	}
	var zero T
	return unsafe.Slice((*byte)(unsafe.Pointer(&vals[0])), len(vals)*int(unsafe.Sizeof(zero)))
}

// fromBytes is memory as numbers.
func fromBytes[T any](b []byte) []T {
	if len(b) == 0 {
		return nil
	}
	var zero T
	return unsafe.Slice((*T)(unsafe.Pointer(&b[0])), len(b)/int(unsafe.Sizeof(zero)))
}

// extend makes s longer by n elements whose contents are to be set.
func extend[T any](s []T, n int) []T {
	if end := len(s) + n; end <= cap(s) {
		return s[:end]
	}
	grown := make([]T, len(s)+n, max(2*cap(s), len(s)+n))
	copy(grown, s)
	return grown
}

// zeroed is s with n zeros.
func zeroed[T any](s []T, n int) []T {
	if n > cap(s) {
		return make([]T, n, max(2*cap(s), n))
	}
	s = s[:n]
	clear(s)
	return s
}
