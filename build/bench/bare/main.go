//go:build unix

// Bare makes files as fast as the file system makes them: each is opened, written,
// looked at and closed, by one thread for each processor, and nothing else is done.
// Nobody who brings files back from anywhere can be faster.
//
//	bare FOLDER COUNT
//
// makes COUNT files of 4 KiB in folders of 1,000 below FOLDER, which must not be there,
// and prints the seconds that took. build/bench/data.py asks for it.
package main

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"strconv"
	"sync"
	"sync/atomic"
	"time"

	"golang.org/x/sys/unix"
)

const perFolder = 1000

func main() {
	if len(os.Args) != 3 {
		fatal(errors.New("usage: bare FOLDER COUNT"))
	}
	count, err := strconv.Atoi(os.Args[2])
	if err != nil {
		fatal(err)
	}
	began := time.Now()
	if err := fill(os.Args[1], count); err != nil {
		fatal(err)
	}
	fmt.Printf("%.4f\n", time.Since(began).Seconds())
}

func fatal(err error) {
	fmt.Fprintln(os.Stderr, "bare:", err)
	os.Exit(1)
}

// fill makes the folders side by side.
func fill(top string, count int) error {
	if err := os.Mkdir(top, 0o755); err != nil {
		return err
	}
	var next atomic.Int64
	var wait sync.WaitGroup
	failed := make([]error, runtime.NumCPU())
	for i := range failed {
		wait.Go(func() {
			for failed[i] == nil {
				from := int(next.Add(perFolder)) - perFolder
				if from >= count {
					return
				}
				failed[i] = folder(filepath.Join(top, fmt.Sprintf("d%04d", from/perFolder)), from, min(from+perFolder, count))
			}
		})
	}
	wait.Wait()
	return errors.Join(failed...)
}

func folder(dir string, from, to int) error {
	if err := os.Mkdir(dir, 0o755); err != nil {
		return err
	}
	at, err := unix.Open(dir, unix.O_DIRECTORY|unix.O_RDONLY, 0)
	if err != nil {
		return err
	}
	defer unix.Close(at)
	content := make([]byte, 4096)
	for i := from; i < to; i++ {
		if err := file(at, fmt.Sprintf("img%07d.bin", i), content); err != nil {
			return err
		}
	}
	return nil
}

func file(at int, name string, content []byte) error {
	f, err := unix.Openat(at, name, unix.O_CREAT|unix.O_EXCL|unix.O_WRONLY, 0o644)
	if err != nil {
		return err
	}
	_, err = unix.Write(f, content)
	var looks unix.Stat_t
	return errors.Join(err, unix.Fstat(f, &looks), unix.Close(f))
}
