package server

import (
	"os"

	"rondo/backend/interop/dvc"
	"rondo/backend/project"
)

// read reads rondo.yaml. Where it has no stages and the folder is a DVC project, the stages
// are those of its dvc.yaml files; inputs are the files that they were read from, and texts
// what these said before.
func read(p *project.Project, texts *dvc.Readings) (f *project.File, inputs []string, err error) {
	f, err = p.Read()
	if err != nil || len(f.Stages) > 0 {
		return f, nil, err
	}
	if info, err := os.Stat(p.Path(dvc.Dir)); err != nil || !info.IsDir() {
		return f, nil, nil
	}
	d, err := dvc.OpenAgain(p.Dir, texts)
	if err != nil {
		return f, nil, err
	}
	defer d.Close()
	inputs = d.Inputs()
	if len(d.Problems) > 0 {
		return f, inputs, d.Problems[0]
	}
	f.Stages = d.Stages()
	return f, inputs, nil
}
