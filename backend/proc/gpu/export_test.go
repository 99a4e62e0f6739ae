package gpu

import (
	"sync"
	"time"
)

// LookAgain forgets where the tool was, and what it said.
func LookAgain() {
	tool = sync.OnceValue(look)
	last.at, last.use = time.Time{}, nil
}
