package kafka

// cursor reads a partition.
type cursor struct {
	tp      topicPartition
	id      [16]byte  // of the topic
	epoch   int32     // of the leader that is asked
	before  int32     // leader epoch of the batch that ends at pos; -1 where that is not known
	unsure  bool      // a new leader has yet to tell whether it has what was read
	pos     int64     // next offset to fetch; everything before it that is not sent is in kept
	to      int64     // where the range ends
	end     int64     // where the broker said the partition ends
	kept    []section // fetched, not sent, in order
	replica int32     // a broker nearby that the leader told us to read from; -1 for none
	idle    int       // answers in a row that brought nothing
	served  int       // the number of the lane's answer that brought it on last
	empty   int       // those of them that prove that nothing is there
	failed  error     // the last answer was an error that may go away
}

// seek makes the cursor stand at from; what it kept from there on stays.
func (c *cursor) seek(from, to int64) {
	for len(c.kept) > 0 && c.kept[0].to <= from {
		c.kept = c.kept[1:]
	}
	switch {
	case len(c.kept) > 0 && c.kept[0].from <= from:
		if c.kept[0].from < from {
			_, c.kept[0] = c.kept[0].cut(from)
		}
	case len(c.kept) > 0 || c.pos != from:
		c.kept, c.pos, c.before = nil, from, -1
	}
	c.to, c.idle, c.empty, c.failed = to, 0, 0, nil
}

// add takes what an answer brought; epoch is that of the last batch, -1 where it is not known.
func (c *cursor) add(s []section, epoch int32) {
	c.before = epoch
	c.kept = append(c.kept, s...)
	c.pos = s[len(s)-1].to
	c.idle, c.empty, c.failed = 0, 0, nil
}

// next takes the next section of the range off what was kept; false where none is there.
func (c *cursor) next() (section, bool) {
	if len(c.kept) == 0 || c.kept[0].from >= c.to {
		return section{}, false
	}
	s := c.kept[0]
	if s.to > c.to {
		s, c.kept[0] = s.cut(c.to)
		return s, true
	}
	c.kept = c.kept[1:]
	return s, true
}

// fetched says whether the whole range has been.
func (c *cursor) fetched() bool { return c.pos >= c.to }

// park lets what is kept outlive its range: it no longer counts against the budget.
func (c *cursor) park() {
	for i := range c.kept {
		c.kept[i].release()
		c.kept[i].parked = true
	}
}

// drop forgets what is kept.
func (c *cursor) drop() {
	for i := range c.kept {
		c.kept[i].release()
	}
	if len(c.kept) > 0 {
		c.pos, c.before = c.kept[0].from, -1
	}
	c.kept = nil
}
