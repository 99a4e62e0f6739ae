package step

import "fmt"

// graph is the whole model as an ONNX graph in double precision: it takes the raw
// columns, makes the features, standardises them, weighs them and squashes the sum.
func graph(p trainParams, f *fit) []byte {
	g := &onnxGraph{name: "rondo logistic regression"}
	for _, name := range inputs(p) {
		g.input(name, onnxType(p, name))
	}
	made := make([]string, 0, len(f.weight))
	for i, feat := range features(p) {
		made = append(made, g.feature(p, i, feat))
	}
	g.ints("axis", []int64{1}, 1)
	g.doubles("mean", f.mean, 1, len(f.mean))
	g.doubles("scale", f.scale, 1, len(f.scale))
	g.doubles("weight", f.weight, len(f.weight), 1)
	g.doubles("bias", []float64{f.bias}, 1)
	g.doubles("half", []float64{0.5}, 1)
	g.node("Concat", made, "features", attrInt("axis", 1))
	g.node("Sub", []string{"features", "mean"}, "centred")
	g.node("Div", []string{"centred", "scale"}, "standardised")
	g.node("MatMul", []string{"standardised", "weight"}, "product")
	g.node("Add", []string{"product", "bias"}, "logit")
	g.node("Sigmoid", []string{"logit"}, "sigmoid")
	g.node("Squeeze", []string{"sigmoid", "axis"}, "probability")
	g.node("Greater", []string{"probability", "half"}, "positive")
	g.node("Cast", []string{"positive"}, "prediction", attrInt("to", typeInt64))
	g.output("prediction", typeInt64)
	g.output("probability", typeDouble)
	return g.model()
}

func onnxType(p trainParams, name string) int64 {
	if inputType(p, name) == "long" {
		return typeInt64
	}
	return typeDouble
}

// feature adds the nodes that make one feature and returns its name: a column of
// shape [rows, 1].
func (g *onnxGraph) feature(p trainParams, i int, f feature) string {
	value := g.double(p, f.column, i)
	switch {
	case f.minus != "":
		out := fmt.Sprintf("f%d_difference", i)
		g.node("Sub", []string{value, g.double(p, f.minus, i)}, out)
		value = out
	case f.wave != "":
		turn, angle, wave := fmt.Sprintf("f%d_turn", i), fmt.Sprintf("f%d_angle", i), fmt.Sprintf("f%d_wave", i)
		g.doubles(turn, []float64{f.turn()}, 1)
		g.node("Mul", []string{value, turn}, angle)
		g.node(f.wave, []string{angle}, wave)
		value = wave
	}
	out := fmt.Sprintf("f%d", i)
	g.node("Unsqueeze", []string{value, "axis"}, out)
	return out
}

// double returns the name of the column as doubles.
func (g *onnxGraph) double(p trainParams, column string, i int) string {
	if onnxType(p, column) == typeDouble {
		return column
	}
	out := fmt.Sprintf("f%d_double", i)
	g.node("Cast", []string{column}, out, attrInt("to", typeDouble))
	return out
}
