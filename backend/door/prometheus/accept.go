package prometheus

import (
	"mime"
	"strconv"
	"strings"
)

// openMetrics says which of the two formats a scraper likes better; the older one
// where it does not care.
func openMetrics(accept []string) bool {
	var text, open float64
	for _, part := range strings.Split(strings.Join(accept, ","), ",") {
		kind, params, err := mime.ParseMediaType(strings.TrimSpace(part))
		if err != nil {
			continue
		}
		q := 1.0
		if v, err := strconv.ParseFloat(params["q"], 64); err == nil {
			q = v
		}
		switch kind {
		case "application/openmetrics-text":
			if v := params["version"]; v == "" || v == "1.0.0" || v == "0.0.1" {
				open = max(open, q)
			}
		case "text/plain", "text/*", "*/*":
			text = max(text, q)
		}
	}
	return open > 0 && open >= text
}
