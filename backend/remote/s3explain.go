package remote

import (
	"net/http"
	"os"
	"time"

	"github.com/minio/minio-go/v7"

	"rondo/backend/errs"
)

// expired are the codes of credentials that were good for a time.
var expired = map[string]bool{"ExpiredToken": true, "ExpiredTokenException": true, "TokenRefreshRequired": true, "InvalidToken": true, "RequestExpired": true}

// explain tells a failure of the protocol by its code, as Amazon lists them.
func (b *bucket) explain(what string, err error) error {
	if err == nil {
		return nil
	}
	r := minio.ToErrorResponse(err)
	host, where := b.c.EndpointURL().Host, b.name+"/"+b.key(what)
	if untrusted := Untrusted(host, err); untrusted != nil {
		return untrusted
	}
	switch {
	case r.Code == "NoSuchKey" || r.StatusCode == http.StatusNotFound && r.Code != "NoSuchBucket":
		return notThere(what)
	case r.Code == "NoSuchBucket":
		return errs.New(errs.NotFound, "there is no bucket %s at %s", b.name, host).WithHint("make it with your provider's tools")
	case r.Code == "RequestTimeTooSkewed":
		return errs.New(errs.Denied, "%s refuses %s because its clock and the one here do not agree", host, where).
			WithHint("set the clock of this computer (here it is %s)", time.Now().UTC().Format("2006-01-02 15:04 UTC"))
	case r.StatusCode == webPage:
		return Intercepted(host)
	case r.StatusCode == stayedOut:
		return errs.New(errs.Unavailable, "%s has not answered for %s, more than once", host, patience).From(os.ErrDeadlineExceeded).
			WithHint("see whether you are online, and whether the store is well; then do the same again: only what is missing is copied")
	case r.StatusCode >= 300 && r.StatusCode < 400 && r.Region == "" && r.Code != "PermanentRedirect" && r.Code != "AuthorizationHeaderMalformed":
		return errs.New(errs.Denied, "%s sends on to another place (%d) in the place of an answer, which no store does", host, r.StatusCode).
			WithHint("see whether the network here wants you to log in (open any page in a browser), and whether the endpoint in the remote's address is right")
	case expired[r.Code]:
		return errs.New(errs.Denied, "%s does not take your credentials any more: %s", host, or(r.Message, r.Code)).WithHint("get new ones; %s", credentialsHint)
	case r.Code == "AccessDenied" || r.StatusCode == http.StatusForbidden || r.StatusCode == http.StatusUnauthorized:
		return errs.New(errs.Denied, "%s does not let you use %s: %s", host, where, or(r.Message, r.Code)).WithHint(credentialsHint)
	case r.Code == "AuthorizationHeaderMalformed" || r.StatusCode == http.StatusMovedPermanently:
		return errs.New(errs.Invalid, "the bucket %s is in another region: %s", b.name, or(r.Message, r.Code)).WithHint("name it in the address: ?region=%s", or(r.Region, "REGION"))
	case r.Code == "BadDigest" || r.Code == "XAmzContentSHA256Mismatch" || r.Code == "InvalidDigest":
		return errs.New(errs.Unavailable, "%s arrived damaged and was not kept: %s", where, r.Message).WithHint("do the same again")
	}
	return errs.New(errs.Unavailable, "%s failed: %w", where, err).WithHint("see whether you are online; then do the same again: only what is missing is copied")
}
