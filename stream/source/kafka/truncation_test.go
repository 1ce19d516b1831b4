package kafka

import (
	"encoding/binary"
	"errors"
	"testing"

	"github.com/twmb/franz-go/pkg/kerr"
	"github.com/twmb/franz-go/pkg/kmsg"

	"github.com/ingestd/ingestd/stream"
)

func TestTheEpochBeforeAPosition(t *testing.T) {
	var raw []byte
	for i := range int64(3) {
		b := encodeBatch(10*i, []int32{0}, [][]byte{{'x'}}, 0, 4)
		binary.BigEndian.PutUint32(b[atEpoch:], uint32(7+i))
		raw = append(raw, b...)
	}
	for next, want := range map[int64]int32{5: 7, 15: 8, 25: 9, 20: -1, 0: -1} {
		if got := epochBefore(raw, next); got != want {
			t.Errorf("before %d it is %d, not %d", next, got, want)
		}
	}
	if got := epochBefore(raw[:len(raw)-1], 25); got != -1 {
		t.Errorf("of a batch that was cut off it is %d", got)
	}
}

// A partition was read to offset 8 in leader epoch 0; then comes the leader of epoch 1, which knows of records of epoch
// 0 up to end.
func TestANewLeaderIsAskedWhetherItHasWhatWasRead(t *testing.T) {
	for name, c := range map[string]struct {
		end, kept int64
		code      int16
		lossy     bool // fail_on_data_loss: false
		lost      bool
		unsure    bool
		pos       int64
	}{
		"it has all":                     {end: 8, pos: 8},
		"it has more":                    {end: 12, pos: 8},
		"it has less":                    {end: 5, lost: true},
		"it has less, and that is taken": {end: 5, lossy: true, pos: 8},
		"it lacks only what nobody saw":  {end: 5, kept: 4, pos: 4},
		"it lacks what was seen too":     {end: 3, kept: 4, lost: true},
		"it cannot tell":                 {end: -1, pos: 8},
		"it does not know yet":           {code: kerr.UnknownLeaderEpoch.Code, end: -1, unsure: true, pos: 8},
		"it is too old":                  {code: kerr.UnsupportedVersion.Code, end: -1, pos: 8},
	} {
		t.Run(name, func(t *testing.T) {
			s, kafka := (&broker{end: 8, batch: one(8)}).start(t, 1, 0)
			if err := s.refresh(t.Context(), -1); err != nil {
				t.Fatal(err)
			}
			kafka.ControlKey(int16(kmsg.OffsetForLeaderEpoch), func(r kmsg.Request) (kmsg.Response, error, bool) {
				kafka.KeepControl()
				req := r.(*kmsg.OffsetForLeaderEpochRequest)
				asked := req.Topics[0].Partitions[0]
				if asked.LeaderEpoch != 0 || asked.CurrentLeaderEpoch != 1 {
					t.Errorf("asked %+v", asked)
				}
				resp := req.ResponseKind().(*kmsg.OffsetForLeaderEpochResponse)
				rt := kmsg.NewOffsetForLeaderEpochResponseTopic()
				rp := kmsg.NewOffsetForLeaderEpochResponseTopicPartition()
				rt.Topic, rp.ErrorCode, rp.EndOffset = "wide", c.code, c.end
				rt.Partitions = append(rt.Partitions, rp)
				resp.Topics = append(resp.Topics, rt)
				return resp, nil, true
			})
			tp := topicPartition{"wide", 0}
			s.cluster.topics["wide"].leaders[0] = leader{s.cluster.topics["wide"].leaders[0].broker, 1}
			s.opts.FailOnDataLoss = !c.lossy
			cur := &cursor{tp: tp, pos: 8, before: 0, to: 10}
			if c.kept > 0 {
				cur.kept = []section{{from: c.kept, to: 8, parked: true, frame: &frame{}}}
			}
			err := s.reader.checkTruncation(t.Context(), []*cursor{cur})
			var lost *stream.DataLossError
			if errors.As(err, &lost) != c.lost || err != nil && !c.lost {
				t.Fatalf("error %v", err)
			}
			if c.lost {
				if lost.Latest != c.end {
					t.Errorf("error %v", lost)
				}
				return
			}
			if cur.unsure != c.unsure || cur.pos != c.pos {
				t.Errorf("it stands at %d, unsure %v", cur.pos, cur.unsure)
			}
			if l := s.reader.lanes([]*cursor{cur})[0]; (cur.failed != nil) != c.unsure || c.unsure != (l.broker.NodeID < 0) {
				t.Errorf("broker %d is asked, %v", l.broker.NodeID, cur.failed)
			}
		})
	}
}
