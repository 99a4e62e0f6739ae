package dvc

// Emit lets the tests compare the writer of YAML with DVC's own.
func Emit(v any) []byte { return emit(v) }

// ParseYAML lets the tests compare the reader of YAML with DVC's own.
func ParseYAML(name string, b []byte) (any, error) { return parseYAML(name, b) }
