// Command write writes the generated descriptions of the API, or with -check says
// whether the files are what it would write.
package main

import (
	"bytes"
	"flag"
	"fmt"
	"os"
	"path/filepath"

	"rondo/backend/api"
	"rondo/backend/api/openapi"
	"rondo/backend/atomicfile"
)

func main() {
	root := flag.String("root", ".", "the repository")
	check := flag.Bool("check", false, "only compare")
	flag.Parse()
	if err := run(*root, *check); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func run(root string, check bool) error {
	routes := new(api.API).Handler().Routes
	document, err := openapi.Document(routes)
	if err != nil {
		return err
	}
	for path, want := range map[string][]byte{
		"docs/openapi.json":                 document,
		"frontend/src/lib/api/types.gen.ts": openapi.TypeScript(routes),
	} {
		path = filepath.Join(root, filepath.FromSlash(path))
		if have, _ := os.ReadFile(path); bytes.Equal(have, want) {
			continue
		}
		if check {
			return fmt.Errorf("%s is not what the Go types say: run `make generate`", path)
		}
		if err := atomicfile.WriteFile(path, want, 0o644); err != nil {
			return err
		}
		fmt.Println("wrote", path)
	}
	return nil
}
