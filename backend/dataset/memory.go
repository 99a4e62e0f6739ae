package dataset

import (
	"bufio"
	"bytes"
	"encoding/binary"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"sync"
	"time"

	"rondo/backend/atomicfile"
	"rondo/backend/ref"
	"rondo/backend/store"
)

// memory is how a dataset's files looked when they were last read, and what they held:
// what looks the same is not read again. It is this device's, and losing it costs one
// reading of the data.
type memory struct {
	path  string
	began time.Time // when the reading began
	old   map[string]remembered

	mu  sync.Mutex
	now map[string]store.Stamp // as the files look in this reading, before each is read
}

type remembered struct {
	stamp  store.Stamp
	digest ref.Digest
}

const memoryHead = "rondo stat 1\n"

func (s *Service) memory(name string) *memory {
	file := ref.Of([]byte(name)).String()[:32] + ".stat"
	m := &memory{path: filepath.Join(s.opts.Device, "stat", file), began: s.opts.Now(), now: map[string]store.Stamp{}}
	m.old = loadMemory(m.path)
	return m
}

// known implements store.Known for a file by its place on the disk.
func (m *memory) known(full string, fi fs.FileInfo) (ref.Digest, bool) {
	stamp := store.StampOf(fi)
	m.mu.Lock()
	m.now[full] = stamp
	m.mu.Unlock()
	was, ok := m.old[full]
	return was.digest, ok && was.stamp == stamp
}

// see notes how a file looks whose content is known otherwise than by reading it.
func (m *memory) see(full string, fi fs.FileInfo) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.now[full] = store.StampOf(fi)
}

// save remembers the files of a reading by their digests. A file that was changed too
// shortly before it was read is not remembered: it could change again and look the same.
func (m *memory) save(digests map[string]ref.Digest) error {
	paths := make([]string, 0, len(digests))
	for p := range digests {
		if stamp, ok := m.now[p]; ok && stamp.Settled(m.began) {
			paths = append(paths, p)
		}
	}
	slices.Sort(paths)
	if m.saved(paths, digests) {
		return nil
	}
	var b bytes.Buffer
	b.WriteString(memoryHead)
	for _, p := range paths {
		b.Write(encodeRemembered(p, remembered{m.now[p], digests[p]}))
	}
	sum := ref.Of(b.Bytes())
	b.Write(sum[:])
	return atomicfile.WriteFile(m.path, b.Bytes(), 0o600)
}

// saved reports that the file says exactly this already.
func (m *memory) saved(paths []string, digests map[string]ref.Digest) bool {
	for _, p := range paths {
		if m.old[p] != (remembered{m.now[p], digests[p]}) {
			return false
		}
	}
	return len(paths) == len(m.old)
}

func encodeRemembered(path string, r remembered) []byte {
	row := binary.AppendUvarint(nil, uint64(len(path)))
	row = append(row, path...)
	row = binary.AppendVarint(row, r.stamp.Size)
	row = binary.AppendVarint(row, r.stamp.Mtime)
	row = binary.AppendVarint(row, r.stamp.Ctime)
	row = binary.AppendUvarint(row, r.stamp.Inode)
	exec := byte(0)
	if r.stamp.Exec {
		exec = 1
	}
	return append(append(row, exec), r.digest[:]...)
}

// loadMemory reads what save wrote; a file that is missing or damaged remembers nothing.
func loadMemory(path string) map[string]remembered {
	b, err := os.ReadFile(path)
	if err != nil || len(b) < len(memoryHead)+len(ref.Zero) {
		return nil
	}
	body := b[:len(b)-len(ref.Zero)]
	if ref.Of(body) != ref.Digest(b[len(body):]) || !bytes.HasPrefix(body, []byte(memoryHead)) {
		return nil
	}
	rows := map[string]remembered{}
	r := bufio.NewReader(bytes.NewReader(body[len(memoryHead):]))
	for {
		path, row, err := readRemembered(r)
		if err != nil {
			return rows
		}
		rows[path] = row
	}
}

func readRemembered(r *bufio.Reader) (path string, row remembered, err error) {
	n, err := binary.ReadUvarint(r)
	if err != nil || n > 1<<16 {
		return "", row, io.ErrUnexpectedEOF
	}
	name := make([]byte, n)
	if _, err := io.ReadFull(r, name); err != nil {
		return "", row, err
	}
	for _, v := range []*int64{&row.stamp.Size, &row.stamp.Mtime, &row.stamp.Ctime} {
		if *v, err = binary.ReadVarint(r); err != nil {
			return "", row, err
		}
	}
	if row.stamp.Inode, err = binary.ReadUvarint(r); err != nil {
		return "", row, err
	}
	exec, err := r.ReadByte()
	row.stamp.Exec = exec == 1
	if err == nil {
		_, err = io.ReadFull(r, row.digest[:])
	}
	return string(name), row, err
}
