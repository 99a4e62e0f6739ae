package gpu_test

import (
	"os"
	"path/filepath"
	"reflect"
	"testing"
	"time"

	"rondo/backend/proc/gpu"
)

// smi answers as nvidia-smi 580.159 did on a machine with an H200, and counts how often it is asked.
const smi = `#!/bin/sh
echo asked >> "$0.log"
case "$1" in
--query-gpu=index,name,utilization.gpu,memory.used,memory.total,temperature.gpu,power.draw) echo "0, NVIDIA H200, 4, 1491, 143771, 42, 243.01";;
--query-gpu=name,memory.total,driver_version) echo "NVIDIA H200, 143771, 580.159.04";;
*) echo "Field \"$1\" is not a valid field to query."; exit 2;;
esac
`

func TestSampleAsksTheToolAndKeepsTheAnswer(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, "nvidia-smi")
	if err := os.WriteFile(path, []byte(smi), 0o755); err != nil {
		t.Fatal(err)
	}
	t.Setenv("PATH", dir+":"+os.Getenv("PATH"))
	gpu.LookAgain()
	t.Cleanup(gpu.LookAgain)
	now := time.Now()
	want := []gpu.Use{{Index: 0, Name: "NVIDIA H200", Percent: 4, Memory: 1491 << 20, Total: 143771 << 20, Celsius: 42, PowerWat: 243.01}}
	for range 3 {
		if got := gpu.Sample(now); !reflect.DeepEqual(got, want) {
			t.Fatalf("sample: %+v", got)
		}
		now = now.Add(time.Second)
	}
	if asked, _ := os.ReadFile(path + ".log"); string(asked) != "asked\nasked\n" {
		t.Errorf("three samples a second apart asked: %q", asked)
	}
	if got := gpu.List(); !reflect.DeepEqual(got, []gpu.Device{{Name: "NVIDIA H200", Memory: 143771 << 20, Driver: "580.159.04"}}) {
		t.Errorf("list: %+v", got)
	}
}

func TestParseTakesWhatADriverDoesNotTellAsNothing(t *testing.T) {
	for text, want := range map[string][]gpu.Use{
		"0, Tesla, [N/A], 10, 20, 30, [N/A]\n":                                            {{Name: "Tesla", Memory: 10 << 20, Total: 20 << 20, Celsius: 30}},
		"NVIDIA-SMI has failed because it couldn't communicate with the NVIDIA driver.\n": nil,
		"": nil,
	} {
		if got := gpu.Parse(text); !reflect.DeepEqual(got, want) {
			t.Errorf("%q: %+v", text, got)
		}
	}
}
