package parts

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"sync"
	"time"
)

const enginePatience = 3 * time.Minute

// An engine is a Python process that holds one of the other engines and answers one request at a time; py/driver.py is
// its other side. Any number of goroutines may call it; they wait for each other.
type engine struct {
	name    string
	log     string
	turn    sync.Mutex
	proc    *process
	in      io.WriteCloser
	out     *bufio.Reader // over answers
	answers io.Closer
	dead    error
}

// An EngineError is what Python raised: the engine refused what it was asked.
type EngineError struct {
	Engine  string
	Message string // "Type: message"
	Trace   string // Python's traceback
}

func (e *EngineError) Error() string { return e.Engine + ": " + e.Message + "\n" + e.Trace }

// startEngine starts driver.py for one kind of engine, with its files in dir, and returns when the engine is up.
func startEngine(ctx context.Context, kind, dir string) (*engine, error) {
	cmd, err := python(ctx, dir, "driver.py", kind)
	if err != nil {
		return nil, err
	}
	e := &engine{name: kind, log: filepath.Join(dir, kind+".log")}
	if e.in, err = cmd.StdinPipe(); err != nil {
		return nil, fmt.Errorf("start %s: %w", kind, err)
	}
	// A pipe of our own: exec's would be closed by the owner's Wait while we read.
	read, write, err := os.Pipe()
	if err != nil {
		return nil, fmt.Errorf("start %s: %w", kind, err)
	}
	cmd.Stdout = write
	e.answers, e.out = read, bufio.NewReader(read)
	e.proc, err = launch(kind, cmd, e.log)
	_ = write.Close()
	if err != nil {
		_ = read.Close()
		return nil, err
	}
	ctx, cancel := context.WithTimeoutCause(ctx, enginePatience, fmt.Errorf("not up within %v", enginePatience))
	defer cancel()
	if _, err := e.answer(ctx, nil); err != nil {
		e.close()
		return nil, fmt.Errorf("start %s: %w", kind, err)
	}
	return e, nil
}

// python is a command that runs a script of py/ with the Python of the parts; its temporary files go to dir.
func python(ctx context.Context, dir, script string, args ...string) (*exec.Cmd, error) {
	if err := Install(ctx, "python", "spark"); err != nil {
		return nil, err
	}
	root, err := Root()
	if err != nil {
		return nil, err
	}
	parts, err := Dir()
	if err != nil {
		return nil, err
	}
	path := filepath.Join(root, "integration", "parts", "py", script)
	cmd := exec.Command(filepath.Join(parts, "python", "bin", "python"), append([]string{"-B", path}, args...)...)
	cmd.Env = append(os.Environ(),
		"INGESTD_SPARK_JARS="+filepath.Join(parts, "spark", "jars"), "TMPDIR="+dir, "SPARK_LOCAL_DIRS="+dir, "TZ=UTC")
	return cmd, nil
}

// call asks for op and puts the answer into result, which may be nil. What Python raises is an *EngineError. When ctx
// ends before the answer is there, the process is killed: its answers would be out of step.
func (e *engine) call(ctx context.Context, op string, args map[string]any, result any) error {
	request, err := json.Marshal(map[string]any{"op": op, "args": args})
	if err != nil {
		return fmt.Errorf("%s: %s: %w", e.name, op, err)
	}
	e.turn.Lock()
	defer e.turn.Unlock()
	if e.dead != nil {
		return fmt.Errorf("%s: %s: %w", e.name, op, e.dead)
	}
	answer, err := e.answer(ctx, append(request, '\n'))
	if err != nil {
		return err
	}
	if result == nil {
		return nil
	}
	if err := json.Unmarshal(answer, result); err != nil {
		return fmt.Errorf("%s: answer to %s: %w", e.name, op, err)
	}
	return nil
}

// answer sends a request, which may be empty, and reads one answer.
func (e *engine) answer(ctx context.Context, request []byte) (json.RawMessage, error) {
	stop := context.AfterFunc(ctx, e.proc.kill)
	defer stop()
	var answer struct {
		OK    json.RawMessage
		Error string
		Trace string
	}
	_, err := e.in.Write(request)
	var line []byte
	if err == nil {
		line, err = e.out.ReadBytes('\n')
	}
	if err == nil {
		err = json.Unmarshal(line, &answer)
	}
	if err != nil {
		e.proc.kill()
		if ctx.Err() != nil {
			err = context.Cause(ctx)
		}
		e.dead = fmt.Errorf("the process is gone: %w\n%s", err, tail(e.log))
		return nil, fmt.Errorf("%s: %w", e.name, e.dead)
	}
	if answer.Error != "" {
		return nil, &EngineError{Engine: e.name, Message: answer.Error, Trace: answer.Trace}
	}
	return answer.OK, nil
}

// Exec runs a Python snippet beside the engine's own names (see names() in py/engine_*.py) and vars, and decodes what it
// leaves in the variable result, which must be JSON or an Arrow table (into a *Rows), into result, which may be nil.
func (e *engine) Exec(ctx context.Context, code string, vars map[string]any, result any) error {
	return e.call(ctx, "exec", map[string]any{"code": code, "vars": vars}, result)
}

func (e *engine) close() {
	e.in.Close()
	e.proc.kill()
	e.answers.Close()
}

func (e *engine) rows(ctx context.Context, op string, args map[string]any) (Rows, error) {
	var rows Rows
	err := e.call(ctx, op, args, &rows)
	return rows, err
}
