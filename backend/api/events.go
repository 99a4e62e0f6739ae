package api

import (
	"encoding/json"
	"fmt"
	"net/http"
	"strconv"
	"time"

	"rondo/backend/errs"
)

const heartbeat = 15 * time.Second

// events streams what happens as server-sent events. A reader that reconnects with
// Last-Event-ID (or ?after=) gets what it missed, as far as that is kept; a reader
// that was too slow is told so by a "lost" event and looks at the state again.
func (a *API) streamEvents(w http.ResponseWriter, req *http.Request) error {
	after, err := resumeFrom(req, a.Events.Last())
	if err != nil {
		return err
	}
	rc := http.NewResponseController(w)
	rc.SetWriteDeadline(time.Time{}) // a stream lives as long as its reader
	w.Header().Set("Content-Type", "text/event-stream")
	w.Header().Set("Cache-Control", "no-store")
	sub := a.Events.Subscribe(after, 256)
	defer sub.Close()
	fmt.Fprintf(w, "retry: 1000\nid: %d\nevent: hello\ndata: {}\n\n", after)
	rc.Flush()
	beat := time.NewTicker(heartbeat)
	defer beat.Stop()
	var dropped uint64
	for {
		select {
		case e, ok := <-sub.C:
			if !ok {
				return nil
			}
			if n := sub.Dropped(); n > dropped {
				dropped = n
				fmt.Fprint(w, "event: lost\ndata: {}\n\n")
			}
			b, err := json.Marshal(e)
			if err != nil {
				continue
			}
			fmt.Fprintf(w, "id: %d\ndata: %s\n\n", e.Seq, b)
		case <-beat.C:
			fmt.Fprint(w, ": still here\n\n")
		case <-req.Context().Done():
			return nil
		case <-a.Closing:
			return nil
		}
		if rc.Flush() != nil {
			return nil
		}
	}
}

func resumeFrom(req *http.Request, last uint64) (uint64, error) {
	s := req.Header.Get("Last-Event-ID")
	if s == "" {
		s = req.URL.Query().Get("after")
	}
	if s == "" {
		return last, nil
	}
	n, err := strconv.ParseUint(s, 10, 64)
	if err != nil {
		return 0, errs.New(errs.Invalid, "after=%.40q: want the number of an event", s)
	}
	if n > last {
		return last, nil // numbers begin anew with each start of the server
	}
	return n, nil
}
