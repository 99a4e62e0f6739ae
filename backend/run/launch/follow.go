package launch

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"time"
	"unicode/utf8"

	"rondo/backend/host"
	"rondo/backend/proc"
)

// Output is a piece of what a run has printed, the event run.output.
type Output struct {
	Stream  string `json:"stream"` // stdout or stderr
	Offset  int64  `json:"offset"` // of the text in the log
	Text    string `json:"text"`
	Skipped int64  `json:"skipped,omitempty"` // bytes in front of it that only the log holds
}

const (
	followEvery = 200 * time.Millisecond
	maxOutput   = 8 << 10  // bytes of one event
	maxBehind   = 64 << 10 // bytes after which events skip ahead
)

// Streams are the names of a run's logs.
var streams = map[string]string{"stdout": proc.StdoutFile, "stderr": proc.StderrFile}

// follow tells what the run prints and takes, until stop is called.
func (l *Launcher) follow(w *work, dir string) (stop func()) {
	quit := make(chan struct{})
	var all sync.WaitGroup
	all.Go(func() {
		tails := []*tail{{path: filepath.Join(dir, proc.StdoutFile), stream: "stdout"}, {path: filepath.Join(dir, proc.StderrFile), stream: "stderr"}}
		system := &tail{path: filepath.Join(dir, proc.SystemFile)}
		for _, t := range append(tails, system) {
			t.begin(w.reattach)
		}
		tick := time.NewTicker(followEvery)
		defer tick.Stop()
		for {
			over := false
			select {
			case <-quit:
				over = true
			case <-tick.C:
			}
			for _, t := range tails {
				l.tell(w.id, t, over)
			}
			l.measure(w, system)
			if over {
				return
			}
		}
	})
	return func() { close(quit); all.Wait() }
}

// tail reads what is added to a file.
type tail struct {
	path   string
	stream string
	at     int64
}

// begin skips what was printed before, where a run was found again.
func (t *tail) begin(again bool) {
	if info, err := os.Stat(t.path); again && err == nil {
		t.at = info.Size()
	}
}

// read returns what comes next, at most some bytes of it.
func (t *tail) read(most int) (b []byte, size int64, err error) {
	f, err := os.Open(t.path)
	if err != nil {
		return nil, 0, err
	}
	defer f.Close()
	info, err := f.Stat()
	if err != nil || info.Size() <= t.at {
		return nil, t.at, err
	}
	b = make([]byte, min(int64(most), info.Size()-t.at))
	n, err := f.ReadAt(b, t.at)
	if errors.Is(err, io.EOF) {
		err = nil
	}
	return b[:n], info.Size(), err
}

// tell publishes what was printed since the last look. A run that prints faster than
// anybody can read is told of in part; the log has it all.
func (l *Launcher) tell(id string, t *tail, over bool) {
	if l.opts.Events == nil {
		return
	}
	for {
		b, size, err := t.read(maxOutput)
		if err != nil || len(b) == 0 {
			return
		}
		skipped := int64(0)
		if size-t.at > maxBehind {
			skipped = size - maxOutput - t.at
			t.at += skipped
			if b, _, err = t.read(maxOutput); err != nil {
				return
			}
		}
		whole := runes(b)
		if len(whole) == 0 && !over {
			return // half a character: the rest is on its way
		}
		if over {
			whole = b
		}
		l.opts.Events.Publish("run.output", id, Output{t.stream, t.at, strings.ToValidUTF8(string(whole), "\uFFFD"), skipped})
		t.at += int64(len(whole))
	}
}

// runes cuts a character off that is not whole yet.
func runes(b []byte) []byte {
	for cut := 1; cut < utf8.UTFMax && cut <= len(b); cut++ {
		if r := b[len(b)-cut]; utf8.RuneStart(r) {
			if !utf8.FullRune(b[len(b)-cut:]) {
				return b[:len(b)-cut]
			}
			break
		}
	}
	return b
}

// measure takes the newest sample of the run and publishes it as run.system.
func (l *Launcher) measure(w *work, t *tail) {
	b, _, err := t.read(1 << 20)
	end := bytes.LastIndexByte(b, '\n')
	if err != nil || end < 0 {
		return
	}
	t.at += int64(end + 1)
	line := b[bytes.LastIndexByte(b[:end], '\n')+1 : end]
	var s proc.Sample
	if json.Unmarshal(line, &s) != nil {
		return
	}
	l.mu.Lock()
	w.lastUse, w.sampled = s, true
	l.mu.Unlock()
	if l.opts.Events != nil {
		l.opts.Events.Publish("run.system", w.id, s)
	}
}

// Uses tells what each run takes of the machine now and how many wait, for hints.
func (l *Launcher) Uses() (now []host.Use, waiting int) {
	l.mu.Lock()
	defer l.mu.Unlock()
	for _, w := range l.jobs {
		if w.running && w.sampled {
			now = append(now, host.Use{ID: w.id, Name: w.name, CPU: w.lastUse.CPU, RSS: w.lastUse.RSS})
		}
	}
	return now, len(l.waiting)
}
