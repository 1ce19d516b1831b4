package kafka

import "context"

// readAhead asks each broker once more for what follows the range, in the background.
func (r *reader) readAhead(all []*cursor) {
	var next []*cursor
	for _, c := range all {
		if r.cursors[c.tp] == c && len(c.kept) == 0 && c.end > c.pos {
			next = append(next, c)
		}
	}
	free := r.src.opts.Memory/keepShare - r.kept()
	ls := r.lanes(next)
	if len(ls) == 0 || free/int64(len(ls)) < minPart {
		return
	}
	ctx, cancel := context.WithCancel(r.src.life)
	r.hush = cancel
	for _, l := range ls {
		l.size = min(l.size, free/int64(len(ls)))
		r.ahead.Go(func() { l.fetchAhead(ctx) })
	}
}

// fetchAhead fetches once. What goes wrong will go wrong again for the range that needs it.
func (l *lane) fetchAhead(ctx context.Context) {
	resp, err := l.ask(ctx, l.cursors, 0)
	if err != nil {
		return
	}
	f := &frame{size: answerSize(resp), budget: newBudget(0), broker: l.broker, chunk: l.chunk}
	_ = l.take(ctx, f, l.cursors, resp, func(*cursor, error) error { return nil })
	for _, c := range l.cursors {
		c.park()
	}
}
