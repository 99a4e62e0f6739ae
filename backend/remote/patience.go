package remote

import (
	"context"
	"net"
	"time"
)

// patience is how long a store may neither send nor take a byte before it is given up.
var patience = time.Minute

// impatient is a connection that fails once nothing has gone either way for that long. A
// response may come as late after the last byte that was sent.
type impatient struct {
	net.Conn
	patience time.Duration
}

func dialImpatient(patience time.Duration) func(ctx context.Context, network, address string) (net.Conn, error) {
	d := net.Dialer{Timeout: 10 * time.Second, KeepAlive: 15 * time.Second}
	return func(ctx context.Context, network, address string) (net.Conn, error) {
		c, err := d.DialContext(ctx, network, address)
		if err != nil {
			return nil, err
		}
		return impatient{c, patience}, nil
	}
}

func (c impatient) Read(b []byte) (int, error) {
	if err := c.SetReadDeadline(time.Now().Add(c.patience)); err != nil {
		return 0, err
	}
	return c.Conn.Read(b)
}

func (c impatient) Write(b []byte) (int, error) {
	if err := c.SetDeadline(time.Now().Add(c.patience)); err != nil { // of a read that waits for the answer, too
		return 0, err
	}
	return c.Conn.Write(b)
}
