package remote

import (
	"crypto/tls"
	"errors"
	"net/http"
	"strings"
	"time"

	"rondo/backend/errs"
)

// Transport gives up on a server from which nothing comes, and compresses nothing.
func Transport() *http.Transport {
	return &http.Transport{
		Proxy: http.ProxyFromEnvironment, DialContext: dialImpatient(patience),
		MaxIdleConnsPerHost: SideBySide, IdleConnTimeout: time.Minute, TLSHandshakeTimeout: 10 * time.Second, ResponseHeaderTimeout: time.Minute,
		ExpectContinueTimeout: 10 * time.Second, DisableCompression: true, ForceAttemptHTTP2: true,
	}
}

// Untrusted says of a failure that the other side could not prove who it is; nil where it is another.
func Untrusted(host string, err error) error {
	var proof *tls.CertificateVerificationError
	var plain tls.RecordHeaderError
	switch {
	case errors.As(err, &proof):
		return errs.New(errs.Denied, "%s cannot prove that it is %s: %w", host, host, proof.Err).
			WithHint("somebody may stand in between: ask who runs it; where it is of an authority of your own, get the certificate of that as a file and say: SSL_CERT_FILE=authority.pem rondo … (on Windows and macOS add it to those that the system trusts)")
	case errors.As(err, &plain) || errors.Is(err, http.ErrSchemeMismatch):
		return errs.New(errs.Invalid, "%s speaks no TLS at that port", host).WithHint("see whether the port is right; a server without encryption has http:// in its address")
	}
	return nil
}

const pageHead = 512 // bytes in which a web page says that it is one

// IsPage reports whether what begins so is a web page.
func IsPage(head []byte) bool {
	text := strings.ToLower(strings.TrimSpace(string(head[:min(len(head), pageHead)])))
	return strings.HasPrefix(text, "<!doctype html") || strings.HasPrefix(text, "<html")
}

// Intercepted says that a web page came where no server of data sends one.
func Intercepted(host string) error {
	return errs.New(errs.Unavailable, "a web page came in the place of an answer of %s", host).
		WithHint("the network here may want you to log in: open any page in a browser; else see whether the address is right. Nothing of it was taken for data")
}
