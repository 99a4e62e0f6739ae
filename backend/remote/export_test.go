package remote

import (
	"testing"
	"time"
)

// SetPatience shortens how long a silent store is waited for.
func SetPatience(t *testing.T, d time.Duration) {
	was := patience
	patience = d
	t.Cleanup(func() { patience = was })
}
