package mlflow

import (
	"encoding/base64"
	"encoding/json"
	"strconv"

	"rondo/backend/errs"
)

// limit reads max_results: usual where it is left out, never above most.
func (m message) limit(usual, most int64) (int, error) {
	n := usual
	if m.has("max_results") {
		n = m.whole("max_results")
	}
	if n < 1 || n > most {
		return 0, errs.New(errs.Invalid, "Invalid value %d for parameter 'max_results' supplied: it must be between 1 and %d", n, most)
	}
	return int(n), nil
}

type offset struct {
	Offset int `json:"offset"`
}

// pageToken says where the next page begins, or nothing after the last.
func pageToken(next, total int) string {
	if next >= total {
		return ""
	}
	return base64.StdEncoding.EncodeToString([]byte(`{"offset": ` + strconv.Itoa(next) + `}`))
}

func parseToken(token string) (int, error) {
	if token == "" {
		return 0, nil
	}
	var o offset
	b, err := base64.StdEncoding.DecodeString(token)
	if err == nil {
		err = json.Unmarshal(b, &o)
	}
	if err != nil || o.Offset < 0 {
		return 0, errs.New(errs.Invalid, "Invalid page token: %s", short(token, 100))
	}
	return o.Offset, nil
}

// page cuts one page out of a list that is in memory.
func page[T any](list []T, token string, limit int) ([]T, string, error) {
	from, err := parseToken(token)
	if err != nil {
		return nil, "", err
	}
	from = min(from, len(list))
	to := min(from+limit, len(list))
	return list[from:to], pageToken(to, len(list)), nil
}
