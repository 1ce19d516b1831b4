package local

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"strings"
	"testing"
	"time"

	"github.com/ingestd/ingestd/objstore"
	"go.uber.org/goleak"
)

// The test binary runs itself again as another process when these are set.
const (
	childDoes = "LOCAL_TEST_CHILD"
	childDir  = "LOCAL_TEST_DIR"
)

func TestMain(m *testing.M) {
	switch os.Getenv(childDoes) {
	case "race":
		childRace()
	case "write":
		childWrite()
	default:
		goleak.VerifyTestMain(m)
	}
}

var bg = context.Background()

const raceKeys = 60

// childRace waits for its start, goes for all keys and says which it won; for the counter it says
// how many steps it made.
func childRace() {
	s, err := New(os.Getenv(childDir))
	check(err)
	me := fmt.Sprint(os.Getpid())
	_, err = bufio.NewReader(os.Stdin).ReadString('\n')
	check(err)
	for k := range raceKeys {
		key := fmt.Sprintf("log/%020d.json", k)
		_, err := s.Put(bg, key, objstore.Bytes([]byte(me)), objstore.Cond{IfAbsent: true})
		if err == nil {
			fmt.Println("won", key, me)
		} else if !errors.Is(err, objstore.ErrPrecondition) {
			check(err)
		}
		n, info, err := objstore.ReadAll(bg, s, "counter")
		check(err)
		_, err = s.Put(bg, "counter", objstore.Bytes(append(n, '.')), objstore.Cond{IfMatch: info.ETag})
		if err == nil {
			fmt.Println("step")
		} else if !errors.Is(err, objstore.ErrPrecondition) {
			check(err)
		}
	}
}

// childWrite puts whole files of one letter until it is killed.
func childWrite() {
	s, err := New(os.Getenv(childDir))
	check(err)
	fmt.Println("ready")
	for i := 0; ; i++ {
		body := objstore.Bytes(bytes.Repeat([]byte{byte('a' + i%26)}, 64<<10))
		key := fmt.Sprintf("p=%d/f", i%7)
		_, err := s.Put(bg, key, body, objstore.Cond{})
		check(err)
		_, err = s.Put(bg, fmt.Sprintf("log/%d", i), body, objstore.Cond{IfAbsent: true})
		if !errors.Is(err, objstore.ErrPrecondition) {
			check(err)
		}
	}
}

func check(err error) {
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func child(t *testing.T, does, dir string) (*exec.Cmd, io.WriteCloser, *bufio.Scanner) {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), os.Args[0])
	cmd.Env = append(os.Environ(), childDoes+"="+does, childDir+"="+dir)
	cmd.Stderr = os.Stderr
	in, err1 := cmd.StdinPipe()
	out, err2 := cmd.StdoutPipe()
	if err := errors.Join(err1, err2, cmd.Start()); err != nil {
		t.Fatal(err)
	}
	return cmd, in, bufio.NewScanner(out)
}

func TestRacingProcessesHaveOneWinnerEach(t *testing.T) {
	s := open(t, t.TempDir())
	put(t, s, "counter", "")
	var outs []*bufio.Scanner
	var cmds []*exec.Cmd
	var starts []io.Writer
	for range 4 {
		cmd, in, out := child(t, "race", s.Root())
		cmds, starts, outs = append(cmds, cmd), append(starts, in), append(outs, out)
	}
	for _, w := range starts {
		if _, err := io.WriteString(w, "go\n"); err != nil {
			t.Fatal(err)
		}
	}
	winner := map[string]string{}
	steps := 0
	for i, out := range outs {
		for out.Scan() {
			if out.Text() == "step" {
				steps++
				continue
			}
			f := strings.Fields(out.Text())
			if other, taken := winner[f[1]]; taken {
				t.Errorf("%s was won by %s and by %s", f[1], other, f[2])
			}
			winner[f[1]] = f[2]
		}
		if err := cmds[i].Wait(); err != nil {
			t.Error(err)
		}
	}
	if len(winner) != raceKeys {
		t.Errorf("%d of %d keys were won", len(winner), raceKeys)
	}
	for key, pid := range winner {
		if got, _, err := objstore.ReadAll(t.Context(), s, key); err != nil || string(got) != pid {
			t.Errorf("%s holds the content of %q, %s was told that it won: %v", key, got, pid, err)
		}
	}
	if got, _, _ := objstore.ReadAll(t.Context(), s, "counter"); len(got) != steps || steps == 0 {
		t.Errorf("%d steps were won, the counter made %d", steps, len(got))
	}
}

func TestAKilledWriterLeavesOnlyWholeObjects(t *testing.T) {
	s := open(t, t.TempDir())
	for round := range 8 {
		cmd, _, out := child(t, "write", s.Root())
		out.Scan()
		// Any moment will do; this one differs from round to round.
		for n := 0; n < 3+5*round; {
			n = 0
			for _, err := range s.List(t.Context(), "log/", "") {
				if err != nil {
					t.Fatal(err)
				}
				n++
			}
		}
		if err := cmd.Process.Kill(); err != nil {
			t.Fatal(err)
		}
		cmd.Wait() // it says "killed"
		for _, key := range keys(t, s) {
			b, _, err := objstore.ReadAll(t.Context(), s, key)
			if err != nil || len(b) != 64<<10 || !bytes.Equal(b, bytes.Repeat(b[:1], 64<<10)) {
				t.Errorf("%s: a part or a mixture, %d bytes, %v", key, len(b), err)
			}
		}
	}
	if _, err := s.RemoveStale(t.Context(), time.Now().Add(time.Hour)); err != nil {
		t.Error(err)
	}
	wantFiles(t, s, keys(t, s)...)
}
