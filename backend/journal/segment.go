package journal

import (
	"io"
	"os"
	"path/filepath"
	"sort"
	"strconv"
	"strings"

	"github.com/klauspost/compress/zstd"

	"rondo/backend/atomicfile"
	"rondo/backend/fault"
)

// segment is one file of a device's journal.
type segment struct {
	path   string
	number int
	sealed bool
}

// segments lists a device's files in order. Where a crash left a sealed file and
// its source side by side, the source wins: it is removed only after the seal is durable.
func segments(dir string) ([]segment, error) {
	entries, err := os.ReadDir(dir)
	if os.IsNotExist(err) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	byNumber := map[int]segment{}
	for _, e := range entries {
		base, sealed := strings.CutSuffix(e.Name(), ".log.zst")
		if !sealed {
			var ok bool
			if base, ok = strings.CutSuffix(e.Name(), ".log"); !ok {
				continue
			}
		}
		n, err := strconv.Atoi(base)
		if err != nil || n < 1 {
			continue
		}
		if _, ok := byNumber[n]; ok && sealed {
			continue
		}
		byNumber[n] = segment{path: filepath.Join(dir, e.Name()), number: n, sealed: sealed}
	}
	list := make([]segment, 0, len(byNumber))
	for _, s := range byNumber {
		list = append(list, s)
	}
	sort.Slice(list, func(i, k int) bool { return list[i].number < list[k].number })
	return list, nil
}

// open returns the segment's plain text.
func (s segment) open() (io.ReadCloser, error) {
	f, err := os.Open(s.path)
	if err != nil || !s.sealed {
		return f, err
	}
	z, err := zstd.NewReader(f, zstd.WithDecoderConcurrency(1), zstd.WithDecoderMaxMemory(1<<30))
	if err != nil {
		f.Close()
		return nil, err
	}
	return sealedReader{z, f}, nil
}

type sealedReader struct {
	*zstd.Decoder
	f *os.File
}

func (r sealedReader) Close() error {
	r.Decoder.Close()
	return r.f.Close()
}

// seal compresses the full file, makes that durable, removes the source and goes
// on with the next number. A crash between any two of these leaves a readable chain.
// What of it cannot be done is tried again at the next append: the records that filled
// the file are durable whatever comes of it.
func (j *Journal) seal() {
	src := filepath.Join(j.own(), logName(j.number))
	if compress(src) != nil {
		return
	}
	fault.Point("journal.sealed")
	_ = j.f.Close()
	j.f = nil
	if os.Remove(src) == nil { // else it counts and not what was made of it
		fault.Point("journal.removed")
		done := segment{path: src + ".zst", number: j.number, sealed: true}
		if k, ok := done.stamp(j.opts.Device, j.last.Seq, j.last.Hash); ok {
			j.sealed = append(j.sealed, k)
		}
		j.number++
	}
	_ = j.open()
}

func compress(src string) error {
	in, err := os.Open(src)
	if err != nil {
		return err
	}
	defer in.Close()
	out, err := atomicfile.Create(src+".zst", 0o644)
	if err != nil {
		return err
	}
	defer out.Close()
	z, err := zstd.NewWriter(out, zstd.WithEncoderCRC(true))
	if err != nil {
		return err
	}
	if _, err := io.Copy(z, in); err != nil {
		return err
	}
	if err := z.Close(); err != nil {
		return err
	}
	return out.Commit()
}
