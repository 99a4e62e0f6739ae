package serve_test

import (
	"encoding/json"
	"testing"

	"rondo/backend/serve"
	"rondo/backend/serve/runtime"
)

func TestAScoreIsToldWhereTheModelTellsOne(t *testing.T) {
	value := runtime.Tensor{Name: "prediction", Type: runtime.Double, Shape: []int{2}, Floats: []float64{3, 4}}
	sure := runtime.Tensor{Name: "probability", Type: runtime.Double, Shape: []int{2}, Floats: []float64{0, 1}}
	for want, out := range map[string][]runtime.Tensor{
		`[{"label":3,"outputs":{"prediction":3}},{"label":4,"outputs":{"prediction":4}}]`:                                                     {value},
		`[{"label":3,"score":0,"outputs":{"prediction":3,"probability":0}},{"label":4,"score":1,"outputs":{"prediction":4,"probability":1}}]`: {value, sure},
	} {
		got, err := json.Marshal(serve.Plainly(serve.Response{Rows: 2, Outputs: out}))
		if err != nil || string(got) != want {
			t.Errorf("%s, %v; want %s", got, err, want)
		}
	}
}
