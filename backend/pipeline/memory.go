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
	"rondo/backend/ref"
	"rondo/backend/store"
)

// The memory is a text file of this device: how files looked when they were read, and
// their digests. Losing it costs one reading of the data. A line that cannot be read
// is a file that is not remembered.
const memoryHead = "rondo glances 1"

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
	var b bytes.Buffer
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
	lines := bufio.NewScanner(bytes.NewReader(body))
	lines.Buffer(nil, 1<<20)
	for lines.Scan() {
		if path, g, ok := parseGlance(lines.Text()); ok {
			known[path] = g
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
