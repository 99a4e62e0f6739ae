package lock

import (
	"crypto/md5"
	"encoding/hex"
	"encoding/json"
	"errors"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"rondo/backend/proc"
	"rondo/backend/ref"
)

const linkLife = 365 * 24 * time.Hour // of a lock by a hard link, as dvc makes it

// tryLink takes the lock as flufl.lock does where core.hardlink_lock is set: a second name
// for a file of one's own. Its time is when it ends; one whose time is over is removed.
func (l Folder) tryLink(at string) (unlock func(), held string, err error) {
	host, _ := os.Hostname()
	name := strings.Join([]string{filepath.Join(l.Dir, filepath.FromSlash(at)), host, strconv.Itoa(os.Getpid()), ref.NewID()}, "|")
	sum := md5.Sum([]byte(name))
	claim := path.Join(tmp, hex.EncodeToString(sum[:])+".lock")
	whole := filepath.Join(l.Dir, filepath.FromSlash(claim))
	f, err := l.Root.OpenFile(claim, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o644)
	if err != nil {
		return nil, "", cannotWrite(claim, err)
	}
	_, err = f.WriteString(whole)
	end := time.Now().Add(linkLife)
	if err = errors.Join(err, f.Close(), os.Chtimes(whole, end, end)); err != nil {
		return nil, "", errors.Join(cannotWrite(claim, err), l.Root.Remove(claim))
	}
	err = l.Root.Link(claim, at)
	if err == nil {
		l.signLink(at, whole)
		return func() { _ = l.Root.Remove(at); _ = l.Root.Remove(claim) }, "", nil
	}
	_ = l.Root.Remove(claim)
	if !errors.Is(err, fs.ErrExist) {
		return nil, "", cannotWrite(at, err)
	}
	if info, err := l.Root.Stat(at); err == nil && info.ModTime().Before(time.Now()) {
		_ = l.Root.Remove(at) // its time is over
	}
	b, _ := l.Read(at)
	l.removeDead(at, string(b))
	return nil, string(b), nil
}

// owner says which process of Rondo's has taken a lock by a hard link. The lock itself cannot tell.
type owner struct {
	Claim   string     `json:"claim"` // what stands in the lock
	Process proc.Ident `json:"process"`
}

func (l Folder) noteOf(at string) string { return path.Join(l.Own, path.Base(at)+".owner") }

// signLink notes beside a lock that was taken whose it is. Without the note it is one like any other's.
func (l Folder) signLink(at, claim string) {
	b, err := json.Marshal(owner{claim, proc.Self()})
	if err == nil && l.Root.MkdirAll(l.Own, 0o755) == nil {
		_ = l.Root.WriteFile(l.noteOf(at), b, 0o644)
	}
}

// removeDead takes a lock away that a Rondo of this machine has left which is no more. Who removes the
// claim that the lock is a second name of may remove the lock: that is one, however many try.
func (l Folder) removeDead(at, held string) {
	var who owner
	b, err := l.Read(l.noteOf(at))
	if err != nil || json.Unmarshal(b, &who) != nil || held == "" || who.Claim != held || who.Process.Boot != proc.Self().Boot || who.Process.Alive() {
		return
	}
	if l.Root.Remove(path.Join(tmp, filepath.Base(held))) == nil {
		_ = l.Root.Remove(at)
	}
}
