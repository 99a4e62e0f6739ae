package git

import (
	"os"
	"path/filepath"
	"strings"
)

// netrc looks up who a person is to a host in ~/.netrc or $NETRC, where curl and git do.
func netrc(host string) (name, password string, ok bool) {
	at := os.Getenv("NETRC")
	if at == "" {
		home, err := os.UserHomeDir()
		if err != nil {
			return "", "", false
		}
		at = filepath.Join(home, ".netrc")
	}
	words := strings.Fields(outside(at))
	for i := 0; i < len(words); i++ {
		next := ""
		if i+1 < len(words) {
			next = words[i+1]
		}
		switch words[i] {
		case "machine":
			if ok {
				return name, password, true
			}
			ok, name, password = next == host, "", ""
		case "default":
			if ok {
				return name, password, true
			}
			ok, name, password = true, "", ""
			continue
		case "login":
			name = next
		case "password":
			password = next
		default:
			continue
		}
		i++
	}
	return name, password, ok && password != ""
}
