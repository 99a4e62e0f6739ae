package git

import (
	"bufio"
	"os"
	"path/filepath"
	"strings"

	"github.com/go-git/go-billy/v5/osfs"
	"github.com/go-git/go-git/v5/plumbing"
	"github.com/go-git/go-git/v5/plumbing/cache"
	"github.com/go-git/go-git/v5/storage/filesystem"
	"github.com/go-git/go-git/v5/storage/filesystem/dotgit"
)

const mostShared = 5 // repositories that share each other's objects in turn, as git has it

// sharedOf opens the folders of objects that a repository shares (objects/info/alternates), and
// those that these share in turn. go-git would open them anew for every object that it looks for,
// and reads no paths that lead out of the folder.
func sharedOf(objects string, known cache.Object) []*filesystem.ObjectStorage {
	seen := map[string]bool{objects: true}
	return addShared(nil, objects, known, seen, mostShared)
}

func addShared(list []*filesystem.ObjectStorage, objects string, known cache.Object, seen map[string]bool, deep int) []*filesystem.ObjectStorage {
	if deep == 0 {
		return list
	}
	for _, at := range alternates(objects) {
		if fi, err := os.Stat(at); seen[at] || filepath.Base(at) != "objects" || err != nil || !fi.IsDir() {
			continue
		}
		seen[at] = true
		list = append(list, filesystem.NewObjectStorage(dotgit.New(osfs.New(filepath.Dir(at))), known))
		list = addShared(list, at, known, seen, deep-1)
	}
	return list
}

// alternates are the folders that a folder of objects names.
func alternates(objects string) (list []string) {
	f, err := os.Open(filepath.Join(objects, "info", "alternates"))
	if err != nil {
		return nil
	}
	defer f.Close()
	for lines := bufio.NewScanner(f); lines.Scan(); {
		at := strings.TrimSpace(lines.Text())
		if at == "" || strings.HasPrefix(at, "#") {
			continue
		}
		if !filepath.IsAbs(at) {
			at = filepath.Join(objects, filepath.FromSlash(at))
		}
		list = append(list, filepath.Clean(at))
	}
	return list
}

// EncodedObject finds an object here, or where the repository shares it.
func (s *storage) EncodedObject(t plumbing.ObjectType, h plumbing.Hash) (plumbing.EncodedObject, error) {
	from, err := s.holder(h)
	if err != nil {
		return nil, err
	}
	return from.EncodedObject(t, h)
}

// DeltaObject is EncodedObject as the pack has it, of which go-git makes what it sends.
func (s *storage) DeltaObject(t plumbing.ObjectType, h plumbing.Hash) (plumbing.EncodedObject, error) {
	from, err := s.holder(h)
	if err != nil {
		return nil, err
	}
	return from.DeltaObject(t, h)
}

// HasEncodedObject reports by its error whether an object is here, or shared.
func (s *storage) HasEncodedObject(h plumbing.Hash) error {
	from, err := s.holder(h)
	if err != nil {
		return err
	}
	return from.HasEncodedObject(h)
}

// EncodedObjectSize is the length of an object in bytes.
func (s *storage) EncodedObjectSize(h plumbing.Hash) (int64, error) {
	from, err := s.holder(h)
	if err != nil {
		return 0, err
	}
	return from.EncodedObjectSize(h)
}

// HashesWithPrefix are the objects whose ids begin so, here and shared.
func (s *storage) HashesWithPrefix(prefix []byte) ([]plumbing.Hash, error) {
	all, err := s.Storage.HashesWithPrefix(prefix)
	for _, from := range s.shared {
		if err != nil {
			return nil, err
		}
		var some []plumbing.Hash
		some, err = from.HashesWithPrefix(prefix)
		all = append(all, some...)
	}
	return all, err
}

// holder is what has an object; where nothing is shared, that is not looked for.
func (s *storage) holder(h plumbing.Hash) (*filesystem.ObjectStorage, error) {
	here := &s.ObjectStorage
	if len(s.shared) == 0 {
		return here, nil
	}
	err := here.HasEncodedObject(h)
	if err == nil {
		return here, nil
	}
	for _, from := range s.shared {
		if from.HasEncodedObject(h) == nil {
			return from, nil
		}
	}
	return nil, err
}
