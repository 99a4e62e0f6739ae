package mlflow

import (
	"context"
	"encoding/json"
	"strconv"

	"rondo/backend/evaluation"
	"rondo/backend/run"
)

// dataset brings an evaluation dataset.
func (b *bringing) dataset(ctx context.Context, d Dataset) error {
	old, was := b.known[originKey{"evaluation dataset", d.ID}]
	print := printOf(d)
	if was && old.Print == print && print != "" {
		b.count("evaluation dataset", same)
		return nil
	}
	in := d.Dataset
	in.ExperimentIDs = []string{}
	for _, id := range d.ExperimentIDs {
		if e, ok := b.experiments[id]; ok {
			in.ExperimentIDs = append(in.ExperimentIDs, e.ID)
		}
	}
	if err := b.Evaluation.Carry(ctx, in, d.List); err != nil {
		return b.lost(err, "evaluation dataset", d.Name)
	}
	return b.came(ctx, "evaluation dataset", d.ID, d.ID, print, "", old, seen{})
}

func (b *bringing) scorers(ctx context.Context, e run.Experiment) error {
	return b.from.Scorers(ctx, e.ID, func(sc evaluation.Scorer) error {
		name := e.ID + " " + sc.Name + " " + strconv.Itoa(sc.Version)
		old, was := b.known[originKey{"scorer", name}]
		print := printOf(sc)
		if was && old.Print == print {
			b.count("scorer", same)
			return nil
		}
		if holdsCode(json.RawMessage(sc.Serialized)) {
			b.lose("scorer", sc.Name, errCode.Error())
			return nil
		}
		sc.ExperimentID = b.experiments[e.ID].ID
		n, err := b.Evaluation.CarryScorer(ctx, sc)
		if err != nil {
			return b.lost(err, "scorer", sc.Name)
		}
		return b.came(ctx, "scorer", name, strconv.Itoa(n), print, "", old, seen{})
	})
}

// holdsCode tells scorers that are Python code: whoever loaded one would run it.
func holdsCode(b json.RawMessage) bool {
	var in map[string]json.RawMessage
	if json.Unmarshal(b, &in) != nil {
		return false
	}
	for k, v := range in {
		if k == "call_source" && string(v) != "null" || holdsCode(v) {
			return true
		}
	}
	return false
}
