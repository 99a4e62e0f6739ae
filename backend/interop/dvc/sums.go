package dvc

import (
	"bufio"
	"bytes"
	"crypto/md5"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"rondo/backend/atomicfile"
	"rondo/backend/interop/dvc/metafile"
	"rondo/backend/proc"
	"rondo/backend/store"
)

// sums remembers the hashes of files by how they looked, in .dvc/tmp, so that what has not
// changed is not read again. Losing it costs one reading. Of another of the machine's starts only
// what the disk had long before is believed, as the memory of pipeline does; the rest is doubted: it
// tells of a file that is read whether it has lost what it held.
type sums struct {
	mu    sync.Mutex
	at    string // the file
	known map[string]sum
	fresh bool
}

type sum struct {
	stamp store.Stamp
	md5   string
}

const (
	sumsHead = "rondo md5 1"
	cacheKey = "cache "   // in front of the key of an object in the cache
	doubted  = "doubted " // in front of the key of a sum that is not believed
	maxSums  = 1 << 30    // bytes
	minSum   = 4 << 10    // bytes; a smaller file is read as fast as it is looked up
)

func loadSums(dir string) *sums {
	s := &sums{at: filepath.Join(dir, Dir, "tmp", "rondo", "sums"), known: map[string]sum{}}
	info, err := os.Stat(s.at)
	if err != nil || info.Size() > maxSums {
		return s
	}
	b, err := os.ReadFile(s.at)
	head, body, _ := bytes.Cut(b, []byte("\n"))
	if err != nil || string(head) != fmt.Sprintf("%s %x", sumsHead, md5.Sum(body)) {
		return s
	}
	same := bytes.HasPrefix(body, []byte(bootLine()))
	lines := bufio.NewScanner(bytes.NewReader(body))
	lines.Buffer(nil, 1<<20)
	for lines.Scan() {
		key, one, ok := parseSum(lines.Text())
		switch {
		case !ok:
		case same || strings.HasPrefix(key, doubted) || one.stamp.Lasting(info.ModTime()):
			s.known[key] = one
		case !strings.HasPrefix(key, cacheKey):
			s.known[doubted+key] = one
		}
	}
	return s
}

func bootLine() string { return "boot " + proc.Self().Boot + "\n" }

func parseSum(line string) (key string, one sum, ok bool) {
	f := strings.SplitN(line, " ", 7)
	if len(f) != 7 || metafile.ValidMD5(f[0]) != "" {
		return "", one, false
	}
	one.md5 = f[0]
	var bad [6]error
	one.stamp.Size, bad[0] = strconv.ParseInt(f[1], 10, 64)
	one.stamp.Mtime, bad[1] = strconv.ParseInt(f[2], 10, 64)
	one.stamp.Ctime, bad[2] = strconv.ParseInt(f[3], 10, 64)
	one.stamp.Inode, bad[3] = strconv.ParseUint(f[4], 10, 64)
	one.stamp.Exec, bad[4] = strconv.ParseBool(f[5])
	key, bad[5] = strconv.Unquote(f[6])
	return key, one, bad == [6]error{}
}

// get returns the hash of a file that looks as it did when it was read.
func (s *sums) get(key string, fi fs.FileInfo) (string, bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	one, ok := s.known[key]
	return one.md5, ok && one.stamp == store.StampOf(fi)
}

// put remembers a hash, unless the file could change again and look the same. It reports whether
// the file has lost what it held; then that is remembered until it holds that again or has another time.
// One that was made just now has lost nothing, whatever time its maker has given it.
func (s *sums) put(key string, fi fs.FileInfo, began time.Time, md5 string, made bool) (lost bool) {
	stamp := store.StampOf(fi)
	s.mu.Lock()
	defer s.mu.Unlock()
	was, doubt := s.known[doubted+key]
	if !doubt {
		was = s.known[key]
	}
	if lost = !made && was.md5 != "" && was.md5 != md5 && was.stamp.SameTime(stamp); lost {
		delete(s.known, key)
		s.known[doubted+key], s.fresh = was, true
		return true
	}
	if doubt {
		delete(s.known, doubted+key)
		s.fresh = true
	}
	if fi.Size() >= minSum && stamp.Settled(began) {
		s.known[key], s.fresh = sum{stamp, md5}, true
	}
	return false
}

// save writes what was learned; that it could not is no reason to fail.
func (s *sums) save() {
	s.mu.Lock()
	defer s.mu.Unlock()
	if !s.fresh {
		return
	}
	b := *bytes.NewBufferString(bootLine())
	for _, key := range slices.Sorted(maps.Keys(s.known)) {
		one := s.known[key]
		fmt.Fprintf(&b, "%s %d %d %d %d %t %q\n", one.md5, one.stamp.Size, one.stamp.Mtime, one.stamp.Ctime, one.stamp.Inode, one.stamp.Exec, key)
	}
	text := fmt.Appendf(nil, "%s %x\n", sumsHead, md5.Sum(b.Bytes()))
	if os.MkdirAll(path.Dir(s.at), 0o755) == nil && atomicfile.WriteFile(s.at, append(text, b.Bytes()...), 0o644) == nil {
		s.fresh = false
	}
}
