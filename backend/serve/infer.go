package serve

import (
	"context"
	"errors"
	"math/rand/v2"
	"time"

	"rondo/backend/errs"
	"rondo/backend/ref"
	"rondo/backend/serve/runtime"
)

const maxID = 256 // bytes of a request id

// Infer answers one request of an endpoint, counts it and captures it.
func (s *Service) Infer(ctx context.Context, name string, req Request) (Response, error) {
	ep, err := s.find(name)
	if err != nil {
		return Response{}, err
	}
	began := time.Now()
	ep.meter.flight.Add(1)
	defer ep.meter.flight.Add(-1)
	d := ep.acquire()
	if d == nil {
		ep.meter.observe(began, time.Since(began), 0, 0, errs.Unavailable)
		return Response{}, ep.unready()
	}
	defer d.release()
	in, res, err := d.infer(ctx, ep.name, &req)
	took := time.Since(began)
	if err != nil && errors.Is(ctx.Err(), context.Canceled) {
		err = errGone
	}
	ep.meter.observe(began, took, res.Rows, d.files.Version, kindOf(err))
	if err == nil || failure(err) {
		s.capture(ep, d, &req, in, &res, took)
	}
	return res, err
}

// errGone is no failure of the endpoint's.
var errGone = errs.New(errs.Precondition, "the client did not wait for the answer")

// kindOf marks success with 255.
func kindOf(err error) errs.Kind {
	if err == nil {
		return 255
	}
	return errs.KindOf(err)
}

// failure tells our failures from a client's mistakes.
func failure(err error) bool {
	switch errs.KindOf(err) {
	case errs.Internal, errs.Unavailable, errs.Corrupt:
		return true
	}
	return false
}

func (d *deployment) infer(ctx context.Context, endpoint string, req *Request) (in []runtime.Tensor, res Response, err error) {
	res = Response{ID: req.ID, Model: d.files.Model, Version: d.files.Version}
	if req.Version != 0 && req.Version != d.files.Version {
		return nil, res, errs.New(errs.NotFound, "endpoint %q serves version %d, not version %d", endpoint, d.files.Version, req.Version).
			WithHint("leave the version out, or deploy that version to an endpoint of its own")
	}
	if len(req.ID) > maxID {
		return nil, res, errs.New(errs.Invalid, "the request's id is longer than %d bytes", maxID)
	}
	if res.ID == "" {
		res.ID = ref.NewID()
	}
	if in, err = d.sig.Check(req.Inputs); err != nil {
		return nil, res, err
	}
	res.Rows = in[0].Rows()
	if err := checkAttributes(req.Attributes, res.Rows); err != nil {
		return nil, res, err
	}
	if res.Outputs, err = d.model.Predict(ctx, in); err != nil {
		return in, res, err
	}
	return in, res, fitting(res.Outputs, res.Rows)
}

func checkAttributes(all map[string][]any, rows int) error {
	for name, values := range all {
		if len(values) != 1 && len(values) != rows {
			return errs.New(errs.Invalid, "attribute %.80q has %d values for %d rows", name, len(values), rows).WithHint("give one for each row, or one for all")
		}
	}
	return nil
}

// capture puts a copy of question and answer on its way. It never waits.
func (s *Service) capture(ep *endpoint, d *deployment, req *Request, in []runtime.Tensor, res *Response, took time.Duration) {
	share := ep.about.Load().Capture
	if share <= 0 || share < 1 && rand.Float64() >= share {
		return
	}
	ok := s.writer.queue.offer(item{capture: &taken{
		ep: ep, at: s.opts.Now().UnixMicro(), id: res.ID, model: d.files.Model, version: d.files.Version,
		in: in, out: res.Outputs, rows: res.Rows, attributes: req.Attributes, took: took,
	}})
	if !ok {
		ep.meter.dropped.Add(int64(res.Rows))
	}
}
