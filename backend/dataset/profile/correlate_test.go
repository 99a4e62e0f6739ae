package profile_test

import (
	"fmt"
	"math"
	"strings"
	"testing"

	"rondo/backend/dataset/profile"
)

// What pandas 2.3 says of this table: DataFrame.corr for numbers; for categories the
// formula of Bergsma (2013) over pandas.crosstab.
const associated = `a,b,c,flag,kind,level,id
1,2.5,7,true,red,low,x1
2,1.5,7,false,red,low,x2
3,NA,7,true,blue,high,x3
4,9.25,7,true,blue,high,x4
NA,4,7,false,blue,low,x5
6,11,7,false,red,high,x6
7,-3,7,true,green,high,x7
1000000008,2,7,true,green,low,x8
`

func TestAssociationsAreThoseOfPandas(t *testing.T) {
	table := summarise(t, associated)
	if len(table.Associations) != 2 {
		t.Fatalf("%d associations", len(table.Associations))
	}
	numbers, words := table.Associations[0], table.Associations[1]
	if numbers.Method != profile.Pearson || fmt.Sprint(numbers.Columns) != "[a b c]" || numbers.Rows != 8 || numbers.Sampled {
		t.Fatalf("%+v", numbers)
	}
	if words.Method != profile.CramersV || fmt.Sprint(words.Columns) != "[flag kind level id]" {
		t.Fatalf("%+v", words)
	}
	for _, w := range []struct {
		a    profile.Association
		i, j int
		is   float64
	}{
		{numbers, 0, 0, 1},
		{numbers, 0, 1, -0.17486445139707757},
		{numbers, 1, 0, -0.17486445139707757},
		{words, 0, 0, 1},
		{words, 1, 0, 0.060858061945018346},
		{words, 2, 0, 0},
		{words, 2, 1, 0},
	} {
		if v := w.a.Values[w.i][w.j]; v == nil || math.Abs(*v-w.is) > 1e-12 {
			t.Errorf("%s %d %d: %v, want %v", w.a.Method, w.i, w.j, v, w.is)
		}
	}
	if numbers.Values[0][2] != nil || words.Values[3][0] != nil {
		t.Error("a column that never changes, or always does, goes together with another")
	}
}

// A table of which every second row is of another kind must not be judged by one kind, and
// what is said of many rows must be close to what all of them say.
func TestManyRowsAreJudgedByAnEvenPart(t *testing.T) {
	var text strings.Builder
	text.WriteString("x,y,half,same\n")
	const n = 150_000
	for i := range n {
		x := math.Sin(float64(i) * 1.7)
		y := 3*x + 2*math.Sin(float64(i)*2.9)
		fmt.Fprintf(&text, "%.6f,%.6f,%d,%s\n", x, y, i%2, []string{"even", "odd"}[i%2])
	}
	table := summarise(t, text.String())
	a := table.Associations[0]
	if !a.Sampled || a.Rows < 5_000 || a.Rows > 20_000 {
		t.Fatalf("%d rows, sampled: %v", a.Rows, a.Sampled)
	}
	if v := *a.Values[0][1]; math.Abs(v-3/math.Sqrt(13)) > 0.01 {
		t.Errorf("%v", v)
	}
	if a.Values[2][0] == nil || math.Abs(*a.Values[2][0]) > 0.03 {
		t.Errorf("the halves: %v", a.Values[2][0])
	}
	again := summarise(t, text.String())
	if *again.Associations[0].Values[0][1] != *a.Values[0][1] {
		t.Error("the same table has another profile")
	}
}

func TestWideTablesBoundTheWork(t *testing.T) {
	var text strings.Builder
	for row := range 4 {
		for i := range 70 {
			if row == 0 {
				fmt.Fprintf(&text, "c%d,", i)
			} else {
				fmt.Fprintf(&text, "%d,", i*row)
			}
		}
		text.WriteString("last\n")
	}
	table := summarise(t, text.String())
	if a := table.Associations[0]; len(a.Columns) != 60 || a.Left != 10 {
		t.Errorf("%d columns, %d left", len(a.Columns), a.Left)
	}
}
