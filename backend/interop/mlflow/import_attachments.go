package mlflow

import (
	"context"
	"encoding/json"
	"errors"
	"regexp"
	"sync"

	"rondo/backend/errs"
	"rondo/backend/trace"
)

// attachmentRef is how a span's inputs and outputs name a file of the trace.
var attachmentRef = sync.OnceValue(func() *regexp.Regexp {
	return regexp.MustCompile(`mlflow-attachment://([0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})`)
})

// attachmentsOf names the files that spans speak of, each once.
func attachmentsOf(spans []trace.Span) (names []string) {
	seen := map[string]bool{}
	for _, s := range spans {
		b, err := json.Marshal(s.Attributes)
		if err != nil {
			continue
		}
		for _, m := range attachmentRef().FindAllSubmatch(b, -1) {
			if name := string(m[1]); !seen[name] {
				seen[name] = true
				names = append(names, name)
			}
		}
	}
	return names
}

// attachments brings the files that a trace's spans speak of. It is not whole where one
// did not come.
func (b *bringing) attachments(ctx context.Context, t Trace, spans []trace.Span) (whole bool, err error) {
	names := attachmentsOf(spans)
	if len(names) == 0 {
		return true, nil
	}
	from, err := b.from.Files(ctx, Owner{"trace", t.ID, t.ExperimentID, t.Tags[trace.PlaceTag]})
	var no *nowhere
	if errors.As(err, &no) {
		b.miss("attachments of a trace", t.ID, no.why)
		return false, nil
	}
	if err != nil {
		return false, err
	}
	if from == nil {
		b.miss("attachments of a trace", t.ID, "its files are not where they were")
		return false, nil
	}
	defer from.Close()
	whole = true
	for _, name := range names {
		if err := b.attachment(ctx, t.ID, from, name); err != nil {
			if ctx.Err() != nil || errs.Is(err, errs.Unavailable) {
				return false, err
			}
			b.miss("attachment", t.ID+"/"+name, reason(err))
			whole = false
		}
	}
	return whole, nil
}

func (b *bringing) attachment(ctx context.Context, id string, from Tree, name string) error {
	r, err := from.Open(ctx, "attachments/"+name)
	if err != nil {
		return err
	}
	defer r.Close()
	return b.Traces.Attach(ctx, id, name, r)
}
