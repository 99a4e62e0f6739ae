package webhook

import (
	"net"
	"net/http"
	"net/netip"
	"strings"
	"syscall"
	"time"

	"rondo/backend/errs"
	"rondo/backend/netguard"
)

var errInside = errs.New(errs.Invalid, "Webhook URL must not resolve to a non-public IP address").
	WithHint("a webhook reaches addresses of the internet only")

// checkHost refuses a name that already looks inside. What it resolves to is checked
// when a connection is made, which no change of the name in between can slip by.
func (s *Service) checkHost(host string) error {
	if s.opts.Inside {
		return nil
	}
	host = strings.TrimSuffix(strings.ToLower(host), ".")
	if a, err := netip.ParseAddr(host); err == nil {
		if !netguard.Public(a) {
			return errInside
		}
		return nil
	}
	if !strings.Contains(host, ".") || strings.HasSuffix(host, ".localhost") || strings.HasSuffix(host, ".local") || strings.HasSuffix(host, ".internal") || numeric(host) {
		return errInside
	}
	return nil
}

// numeric tells the spellings of an address that some resolvers accept, such as 0x7f.1.
func numeric(host string) bool {
	last := host[strings.LastIndexByte(host, '.')+1:]
	return last == "" || strings.TrimLeft(strings.TrimPrefix(last, "0x"), "0123456789abcdef") == "" && (last[0] >= '0' && last[0] <= '9')
}

// client makes connections to public addresses only, follows no redirect and asks no proxy.
func (s *Service) client() *http.Client {
	dialer := &net.Dialer{Timeout: 10 * time.Second, Control: func(_, address string, _ syscall.RawConn) error {
		a, err := netip.ParseAddrPort(address)
		if err != nil || !s.opts.Inside && !netguard.Public(a.Addr()) {
			return errInside
		}
		return nil
	}}
	return &http.Client{
		Timeout:       30 * time.Second,
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
		Transport: &http.Transport{
			DialContext: dialer.DialContext, TLSHandshakeTimeout: 10 * time.Second, ResponseHeaderTimeout: 30 * time.Second,
			MaxResponseHeaderBytes: 64 << 10, DisableKeepAlives: true,
		},
	}
}
