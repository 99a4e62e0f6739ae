package dvc_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"rondo/backend/errs"
)

// TestOnlyWhatWasAgreedToIsSupposed: commands that another hand writes while somebody agrees to
// those that stand there do not run with other params instead.
func TestOnlyWhatWasAgreedToIsSupposed(t *testing.T) {
	const stage = "stages:\n  train:\n    cmd: python train.py ${lr} ${more}\n"
	for _, c := range []struct{ name, file, text, refused string }{
		{"another command", "dvc.yaml", "stages:\n  train:\n    cmd: evil ${lr}\n", ""},
		{"other values", "more.yaml", "more: ; evil\n", ""},
		{"one more file of stages", "sub/dvc.yaml", "stages:\n  other:\n    cmd: evil\n", "sub/dvc.yaml came"},
		{"one more stage of its own", "old.dvc", "cmd: evil\ndeps: [{path: a}]\n", "old.dvc came"},
	} {
		t.Run(c.name, func(t *testing.T) {
			dir := folder(t, map[string]string{
				".dvc/config": "", "params.yaml": "lr: 0.1\n", "more.yaml": "more: fast\n", "dvc.yaml": "vars: [more.yaml]\n" + stage, "sub/x": "",
			})
			p := open(t, dir)
			err := p.SupposeAgreed([]string{"lr=0.5"}, func() error {
				if s := p.Stages()["train"]; !strings.Contains(strings.Join(s.Cmd, "\n"), "train.py 0.1 fast") {
					t.Errorf("agreed to is %q", s.Cmd)
				}
				return os.WriteFile(filepath.Join(dir, c.file), []byte(c.text), 0o644)
			})
			if c.refused != "" {
				if !errs.Is(err, errs.Conflict) || !strings.Contains(err.Error(), c.refused) || errs.HintOf(err) == "" {
					t.Errorf("%v", err)
				}
				return
			}
			if err != nil {
				t.Fatal(err)
			}
			if s := p.Stages()["train"]; !strings.Contains(strings.Join(s.Cmd, "\n"), "train.py 0.5 fast") {
				t.Errorf("what runs is %q", s.Cmd)
			}
		})
	}
}

// TestNothingIsSupposedThatIsNotAgreedTo ends with what who is asked says.
func TestNothingIsSupposedThatIsNotAgreedTo(t *testing.T) {
	p := open(t, folder(t, map[string]string{".dvc/config": "", "params.yaml": "lr: 0.1\n", "dvc.yaml": "stages:\n  train:\n    cmd: run ${lr}\n"}))
	no := errs.New(errs.Denied, "no")
	if err := p.SupposeAgreed([]string{"lr=0.5"}, func() error { return no }); !errs.Is(err, errs.Denied) {
		t.Errorf("%v", err)
	}
	if s := p.Stages()["train"]; !strings.Contains(strings.Join(s.Cmd, "\n"), "run 0.1") {
		t.Errorf("supposed is %q", s.Cmd)
	}
}
