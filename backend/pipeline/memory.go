package pipeline

import (
	"bufio"
	"bytes"
	"fmt"
	"maps"
	"os"
	"slices"
	"strconv"
	"strings"

	"rondo/backend/atomicfile"
	"rondo/backend/proc"
	"rondo/backend/ref"
	"rondo/backend/store"
)

// The memory is a text file of this device: how files looked when they were read, and
// their digests. Losing it costs one reading of the data. A line that cannot be read
// is a file that is not remembered.
//
// The outs of stages are not synced. So what was written shortly before the machine stopped
// may look as it did and hold nothing: of another of the machine's starts only those files are
// believed that the disk had long before. The others are doubted: of a file that is read they tell
// whether it has lost what it held.
const memoryHead = "rondo glances 1"

// bootLine is the first line: in which of the machine's starts the memory was written.
func bootLine() string { return "boot " + proc.Self().Boot + "\n" }

const maxMemory = 1 << 30 // bytes

// learn takes in what another process has seen meanwhile.
func (e *eyes) learn() {
	info, err := os.Stat(e.memory)
	if err != nil {
		return
	}
	e.mu.Lock()
	defer e.mu.Unlock()
	if stamp := store.StampOf(info); stamp != e.learned {
		for path, g := range loadMemory(e.memory) {
			if _, mine := e.known[path]; !mine || !e.fresh {
				e.known[path] = g
			}
		}
		e.learned = stamp
	}
}

// save writes what was learned since; that it could not is no reason to fail.
func (e *eyes) save() {
	e.learn()
	e.mu.Lock()
	defer e.mu.Unlock()
	if !e.fresh || e.memory == "" {
		return
	}
	b := *bytes.NewBufferString(bootLine())
	for _, path := range slices.Sorted(maps.Keys(e.known)) {
		g := e.known[path]
		fmt.Fprintf(&b, "%s %d %d %d %d %t %q\n", g.digest, g.stamp.Size, g.stamp.Mtime, g.stamp.Ctime, g.stamp.Inode, g.stamp.Exec, path)
	}
	text := fmt.Appendf(nil, "%s %s\n", memoryHead, ref.Of(b.Bytes()))
	if atomicfile.WriteFile(e.memory, append(text, b.Bytes()...), 0o600) == nil {
		e.fresh = false
	}
}

func loadMemory(path string) map[string]glance {
	known := map[string]glance{}
	info, err := os.Stat(path)
	if err != nil || info.Size() > maxMemory {
		return known
	}
	b, err := os.ReadFile(path)
	if err != nil {
		return known
	}
	head, body, _ := bytes.Cut(b, []byte("\n"))
	if string(head) != fmt.Sprintf("%s %s", memoryHead, ref.Of(body)) {
		return known
	}
	same := bytes.HasPrefix(body, []byte(bootLine()))
	lines := bufio.NewScanner(bytes.NewReader(body))
	lines.Buffer(nil, 1<<20)
	for lines.Scan() {
		path, g, ok := parseGlance(lines.Text())
		switch {
		case !ok:
		case same || strings.HasPrefix(path, doubted) || g.stamp.Lasting(info.ModTime()):
			known[path] = g
		default:
			known[doubted+path] = g
		}
	}
	return known
}

func parseGlance(line string) (path string, g glance, ok bool) {
	f := strings.SplitN(line, " ", 7)
	if len(f) != 7 {
		return "", g, false
	}
	var bad [7]error
	g.digest, bad[0] = ref.Parse(f[0])
	g.stamp.Size, bad[1] = strconv.ParseInt(f[1], 10, 64)
	g.stamp.Mtime, bad[2] = strconv.ParseInt(f[2], 10, 64)
	g.stamp.Ctime, bad[3] = strconv.ParseInt(f[3], 10, 64)
	g.stamp.Inode, bad[4] = strconv.ParseUint(f[4], 10, 64)
	g.stamp.Exec, bad[5] = strconv.ParseBool(f[5])
	path, bad[6] = strconv.Unquote(f[6])
	return path, g, bad == [7]error{}
}
