package runtime

import (
	"encoding/json"
	"os"

	"go.yaml.in/yaml/v3"

	"rondo/backend/errs"
)

// MLmodel is what Rondo reads of the file of that name in a model folder.
type MLmodel struct {
	ONNX      string // path of the ONNX file inside the folder, or empty
	Python    bool   // loadable by mlflow.pyfunc, which runs code
	Loader    string // of the python_function flavor, such as mlflow.sklearn
	Signature Signature
	Declared  bool   // whether the file holds a signature
	Example   string // path of the input example, or empty
}

const maxMLmodel = 4 << 20 // bytes

// ReadMLmodel reads the MLmodel file of a model folder.
func ReadMLmodel(dir string) (MLmodel, error) {
	root, err := os.OpenRoot(dir)
	if err != nil {
		return MLmodel{}, errs.New(errs.NotFound, "model folder: %w", err)
	}
	defer root.Close()
	info, err := root.Stat("MLmodel")
	if err != nil {
		return MLmodel{}, errs.New(errs.Invalid, "the folder holds no MLmodel file").
			WithHint("a model is a folder as mlflow.*.save_model or `rondo step train` writes it")
	}
	if info.Size() > maxMLmodel {
		return MLmodel{}, errs.New(errs.TooLarge, "MLmodel has %d bytes, over the limit of %d", info.Size(), maxMLmodel)
	}
	b, err := root.ReadFile("MLmodel")
	if err != nil {
		return MLmodel{}, errs.New(errs.Unavailable, "MLmodel: %w", err)
	}
	return ParseMLmodel(b)
}

// ParseMLmodel reads the bytes of an MLmodel file.
func ParseMLmodel(b []byte) (MLmodel, error) {
	var raw struct {
		Flavors map[string]map[string]any `yaml:"flavors"`
		Sig     *struct {
			Inputs  string `yaml:"inputs"`
			Outputs string `yaml:"outputs"`
		} `yaml:"signature"`
		Example *struct {
			Path string `yaml:"artifact_path"`
		} `yaml:"saved_input_example_info"`
	}
	if err := yaml.Unmarshal(b, &raw); err != nil {
		return MLmodel{}, errs.New(errs.Invalid, "MLmodel: %w", err)
	}
	var m MLmodel
	if onnx := raw.Flavors["onnx"]; onnx != nil {
		m.ONNX = "model.onnx"
		if data, ok := onnx["data"].(string); ok {
			m.ONNX = data
		}
	}
	if py := raw.Flavors["python_function"]; py != nil {
		m.Python = true
		m.Loader, _ = py["loader_module"].(string)
	}
	if raw.Example != nil {
		m.Example = raw.Example.Path
	}
	if raw.Sig == nil {
		return m, nil
	}
	m.Declared = true
	var err error
	if m.Signature.Inputs, err = parseColumns(raw.Sig.Inputs); err != nil {
		return m, err
	}
	m.Signature.Outputs, err = parseColumns(raw.Sig.Outputs)
	return m, err
}

// specColumn is a column of MLflow's signature JSON: a table's column or a tensor.
type specColumn struct {
	Name     string `json:"name"`
	Type     any    `json:"type"`
	Required *bool  `json:"required"`
	Tensor   *struct {
		Dtype string `json:"dtype"`
		Shape []int  `json:"shape"`
	} `json:"tensor-spec"`
}

func parseColumns(text string) ([]Column, error) {
	if text == "" || text == "null" {
		return nil, nil
	}
	var specs []specColumn
	if err := json.Unmarshal([]byte(text), &specs); err != nil {
		return nil, errs.New(errs.Invalid, "MLmodel: the signature is not the JSON that MLflow writes: %w", err)
	}
	list := make([]Column, 0, len(specs))
	for _, s := range specs {
		c, err := s.column()
		if err != nil {
			return nil, err
		}
		list = append(list, c)
	}
	return list, nil
}

func (s specColumn) column() (Column, error) {
	c := Column{Name: s.Name, Required: s.Required == nil || *s.Required}
	if s.Tensor != nil {
		c.Type, c.Shape = dtypes[s.Tensor.Dtype], s.Tensor.Shape
		if c.Type == "" {
			return c, errs.New(errs.Invalid, "MLmodel: tensors of %q are not supported", s.Tensor.Dtype)
		}
		return c, nil
	}
	name, _ := s.Type.(string)
	c.Type = Type(name)
	if !c.Type.known() {
		return c, errs.New(errs.Invalid, "MLmodel: column %q has the type %v, which is not supported", s.Name, s.Type).
			WithHint("the types are boolean, integer, long, float, double, string and datetime")
	}
	return c, nil
}

// dtypes are numpy's names for what a tensor can hold.
var dtypes = map[string]Type{
	"bool": Boolean, "int8": Integer, "int16": Integer, "int32": Integer, "uint8": Integer, "uint16": Integer,
	"int64": Long, "uint32": Long, "float16": Float, "float32": Float, "float64": Double,
	"str": String, "object": String, "datetime64[ns]": Datetime,
}

func (t Type) known() bool {
	switch t {
	case Boolean, Integer, Long, Float, Double, String, Datetime:
		return true
	}
	return false
}
