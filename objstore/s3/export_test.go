package s3

// SetPartSize makes uploads in parts small enough for many tests.
func (s *Store) SetPartSize(n int64) { s.opts.PartSize = n }
