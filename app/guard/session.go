package guard

import (
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"rondo/backend/errs"
)

// LaunchPath is where a browser trades a one-time code for its cookie.
const LaunchPath = "/launch"

const (
	codeLife    = 12 * time.Hour // an address that was printed is opened in time, or never
	sessionLife = 30 * 24 * time.Hour
	maxCodes    = 16
)

// Sessions gives browsers cookies. A cookie is signed with a key made of the token,
// so it outlives the server and dies with the token.
type Sessions struct {
	Now func() time.Time

	name string
	key  []byte

	mu    sync.Mutex
	codes []code
}

type code struct {
	text    string
	expires time.Time
}

// NewSessions returns the sessions of the server that has the token. The cookie's
// name holds the project, since browsers do not keep ports apart.
func NewSessions(token, project string) *Sessions {
	mac := hmac.New(sha256.New, []byte(token))
	mac.Write([]byte("rondo cookie 1"))
	return &Sessions{Now: time.Now, name: "rondo-" + project[:min(8, len(project))], key: mac.Sum(nil)}
}

// Launch returns a fresh one-time path that opens the UI.
func (s *Sessions) Launch() string {
	text := rand.Text()
	s.mu.Lock()
	defer s.mu.Unlock()
	s.codes = append(s.codes, code{text, s.Now().Add(codeLife)})
	if len(s.codes) > maxCodes {
		s.codes = s.codes[1:]
	}
	return LaunchPath + "?code=" + text
}

// spend uses a code up.
func (s *Sessions) spend(text string) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	i := slices.IndexFunc(s.codes, func(c code) bool { return hmac.Equal([]byte(c.text), []byte(text)) })
	if i < 0 {
		return false
	}
	fresh := s.Now().Before(s.codes[i].expires)
	s.codes = slices.Delete(s.codes, i, i+1)
	return fresh
}

func (s *Sessions) cookie() *http.Cookie {
	return &http.Cookie{
		Name: s.name, Value: s.sign(strconv.FormatInt(s.Now().Unix(), 10)), Path: "/",
		MaxAge: int(sessionLife / time.Second), HttpOnly: true, SameSite: http.SameSiteStrictMode,
	}
}

func (s *Sessions) sign(issued string) string {
	mac := hmac.New(sha256.New, s.key)
	mac.Write([]byte(issued))
	return issued + "." + base64.RawURLEncoding.EncodeToString(mac.Sum(nil))
}

func (s *Sessions) known(req *http.Request) bool {
	for _, c := range req.CookiesNamed(s.name) {
		issued, _, _ := strings.Cut(c.Value, ".")
		at, err := strconv.ParseInt(issued, 10, 64)
		age := s.Now().Sub(time.Unix(at, 0))
		if err == nil && hmac.Equal([]byte(c.Value), []byte(s.sign(issued))) && age < sessionLife && age > -time.Hour {
			return true
		}
	}
	return false
}

// launch trades the code for the cookie. The page that comes back leads on by
// itself: that step begins on our own page, so the Strict cookie goes along, which
// it would not after a redirect that began elsewhere.
func (g *Guard) launch(w http.ResponseWriter, req *http.Request) {
	s := g.opts.Sessions
	w.Header().Set("Cache-Control", "no-store")
	switch {
	case req.Method != http.MethodGet:
		g.refuse(w, req, errs.New(errs.Invalid, "%s answers GET only", LaunchPath))
	case s.spend(req.URL.Query().Get("code")):
		http.SetCookie(w, s.cookie())
		writePage(w, http.StatusOK, onwardPage)
	case g.known(req): // the same link again, in a browser that is in already
		writePage(w, http.StatusOK, onwardPage)
	default:
		writePage(w, http.StatusUnauthorized, spent.page(req))
	}
}
