package background

import (
	"context"
	"testing"
	"testing/synctest"
)

// TestWorkInTheBackgroundRests: until the last one is ready whom somebody waits for, and
// no longer than its context.
func TestWorkInTheBackgroundRests(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var g Gate
		ctx, stop := context.WithCancel(context.Background())
		defer stop()
		hurry := make(chan struct{})
		ctx = In(ctx, &g, hurry)
		if err := GiveWay(ctx); err != nil {
			t.Fatalf("nobody is busy: %v", err)
		}
		leaveA, leaveB := g.Enter(), g.Enter()
		went := make(chan error, 2)
		go func() { went <- GiveWay(ctx) }()
		go func() { went <- GiveWay(ctx) }()
		synctest.Wait()
		leaveA()
		synctest.Wait()
		if len(went) > 0 {
			t.Fatal("it went on while somebody waited")
		}
		leaveB()
		synctest.Wait()
		if len(went) != 2 || <-went != nil || <-went != nil {
			t.Fatal("it rests though nobody waits")
		}
		leave := g.Enter()
		defer leave()
		if err := GiveWay(context.Background()); err != nil {
			t.Fatalf("what is not in the background waits: %v", err)
		}
		go func() { went <- GiveWay(In(ctx, &g, nil)) }()
		synctest.Wait()
		if len(went) > 0 {
			t.Fatal("it went on while somebody waited")
		}
		close(hurry)
		if err := GiveWay(ctx); err != nil {
			t.Fatalf("it rests though somebody waits for it: %v", err)
		}
		stop()
		if err := <-went; err == nil {
			t.Fatal("it goes on though it was given up")
		}
	})
}
