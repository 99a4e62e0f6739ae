package step

import (
	"encoding/json"
	"fmt"
	"strings"
)

// mlmodel describes the model in MLflow's words. It holds no time and no id, so
// that equal models have equal bytes.
func mlmodel(p trainParams) []byte {
	var b strings.Builder
	b.WriteString("flavors:\n" +
		"  onnx:\n    code: null\n    data: model.onnx\n    onnx_version: 1.16.0\n    providers:\n    - CPUExecutionProvider\n" +
		"  python_function:\n    data: model.onnx\n    env:\n      virtualenv: requirements.txt\n    loader_module: mlflow.onnx\n    python_version: 3.11.0\n" +
		"mlflow_version: 2.14.0\n" +
		"signature:\n")
	fmt.Fprintf(&b, "  inputs: '%s'\n", columns(p))
	b.WriteString(`  outputs: '[{"type": "long", "name": "prediction", "required": true}, {"type": "double", "name": "probability", "required": true}]'` + "\n" +
		"  params: null\n")
	return []byte(b.String())
}

// columns lists the inputs as MLflow's JSON, safe between single quotes of YAML.
func columns(p trainParams) string {
	parts := make([]string, 0, len(p.Features))
	for _, name := range inputs(p) {
		quoted, _ := json.Marshal(name)
		parts = append(parts, fmt.Sprintf(`{"type": "%s", "name": %s, "required": true}`, inputType(p, name), quoted))
	}
	return strings.ReplaceAll("["+strings.Join(parts, ", ")+"]", "'", "''")
}

// inputType is long for seasons, which count days or hours, and double otherwise.
func inputType(p trainParams, name string) string {
	for _, s := range p.Seasons {
		if s.Column == name {
			return "long"
		}
	}
	return "double"
}
