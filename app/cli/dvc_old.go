package cli

import (
	"rondo/backend/interop/dvc"
	"rondo/backend/interop/dvc/metafile"
)

// sayNoStages tells of a project without stages also what looks like some to who wrote it.
func (c *call) sayNoStages() {
	file := c.stagesFile()
	c.say("%s declares no stages yet.", file)
	if file != metafile.PipelineFile {
		return
	}
	p, err := dvc.Open(c.dir)
	if err != nil {
		return
	}
	defer p.Close()
	if old := p.OldStages(); len(old) > 0 {
		c.say("Stages of DVC before 1.0, which neither DVC 3 nor Rondo runs: %s", fewNames(old))
		c.say("`rondo import dvc` makes stages of rondo.yaml of such files; DVC 2 still runs them.")
	}
}
