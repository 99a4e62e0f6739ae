package load

import (
	"encoding/json"
	"os"

	"rondo/backend/serve/runtime"
)

const maxExample = 1 << 20 // bytes of an example that is worth reading

// readExample returns the first row of the input example that MLflow saved as a
// table; nil where there is none or it is something else.
func readExample(dir string, about runtime.MLmodel) map[string]any {
	root, err := os.OpenRoot(dir)
	if err != nil || about.Example == "" {
		return nil
	}
	defer root.Close()
	info, err := root.Stat(about.Example)
	if err != nil || info.Size() > maxExample {
		return nil
	}
	b, err := root.ReadFile(about.Example)
	if err != nil {
		return nil
	}
	var table struct {
		Columns []string `json:"columns"`
		Data    [][]any  `json:"data"`
	}
	if json.Unmarshal(b, &table) != nil || len(table.Data) == 0 || len(table.Columns) != len(table.Data[0]) {
		return nil
	}
	row := map[string]any{}
	for i, name := range table.Columns {
		if about.Signature.Input(name) < 0 {
			return nil
		}
		row[name] = table.Data[0][i]
	}
	return row
}
