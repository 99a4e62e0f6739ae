package guard

import (
	"html"
	"io"
	"net/http"
	"strings"
)

// The pages that somebody sees who is not let in. They stand by themselves: no style
// sheet and no script is given to who has no key yet.
const (
	head = `<!doctype html><html lang="en"><meta charset="utf-8"><meta name="viewport" content="width=device-width"><meta name="color-scheme" content="light dark"><title>Rondo</title>`

	onwardPage = head + `<meta http-equiv="refresh" content="0;url=/">`

	bodyStyle = `margin:0;min-height:100vh;display:grid;place-items:center;font:15px/24px system-ui,'Noto Sans','Noto Sans KR',sans-serif;color:light-dark(#1d1f2b,#e9e8e3);background:light-dark(#f7f6f2,#101219)`
	cardStyle = `box-sizing:border-box;width:min(520px,100vw);padding:32px`
	markStyle = `fill:none;stroke:light-dark(#3448c5,#8ea6ff);stroke-width:4;stroke-linecap:round`
	codeStyle = `padding:1px 6px;border-radius:4px;font-size:.92em;background:light-dark(#e9e7e0,#232634)`
	mark      = `<svg width="36" height="36" viewBox="0 0 32 32" aria-hidden="true" style="` + markStyle + `"><path d="M26 16a10 10 0 1 1-4.2-8.1"/><circle cx="24.4" cy="10.6" r="1"/></svg>`
)

// notice says what is the matter and the way out, in English and in Korean.
type notice struct{ en, ko [2]string }

var (
	locked = notice{
		[2]string{"This page needs its key", "Run `rondo open` in the project's folder. It opens Rondo with a link that works once."},
		[2]string{"이 페이지에는 열쇠가 필요합니다", "프로젝트 폴더에서 `rondo open`을 실행하세요. 한 번만 쓸 수 있는 링크로 Rondo를 엽니다."},
	}
	spent = notice{
		[2]string{"This link is not valid, or has been used", "A link opens Rondo once. Run `rondo open` in the project's folder for a new one."},
		[2]string{"이 링크는 유효하지 않거나 이미 쓰였습니다", "링크는 Rondo를 한 번만 엽니다. 프로젝트 폴더에서 `rondo open`을 실행해 새 링크를 받으세요."},
	}
	foreignHost = notice{
		[2]string{"Rondo does not answer to this address", "Use the address that it printed: 127.0.0.1 or localhost, with its port. `rondo open` opens it."},
		[2]string{"Rondo는 이 주소로는 응답하지 않습니다", "출력된 주소(127.0.0.1 또는 localhost와 포트)를 쓰세요. `rondo open`이 그 주소를 엽니다."},
	}
	foreignOrigin = notice{
		[2]string{"Another page has led here", "Rondo does not answer to what other pages ask of it. Open its own page: run `rondo open` in the project's folder."},
		[2]string{"다른 페이지에서 온 요청입니다", "Rondo는 다른 페이지가 보낸 요청에 응답하지 않습니다. 프로젝트 폴더에서 `rondo open`을 실행해 Rondo의 페이지를 여세요."},
	}
)

// page writes the notice in the language that the browser asks for first.
func (n notice) page(req *http.Request) string {
	lang, text := "en", n.en
	if strings.HasPrefix(strings.ToLower(req.Header.Get("Accept-Language")), "ko") {
		lang, text = "ko", n.ko
	}
	words := strings.Split(html.EscapeString(text[1]), "`")
	for i := 1; i < len(words)-1; i += 2 {
		words[i] = `<code style="` + codeStyle + `">` + words[i] + `</code>`
	}
	return strings.Replace(head, `lang="en"`, `lang="`+lang+`"`, 1) + `<body style="` + bodyStyle + `"><main style="` + cardStyle + `">` + mark +
		`<h1 style="margin:16px 0 8px;font-size:22px;line-height:28px;font-weight:600">` + html.EscapeString(text[0]) + `</h1><p style="margin:0">` + strings.Join(words, "") + `</p></main></body>`
}

func writePage(w http.ResponseWriter, status int, page string) {
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	w.WriteHeader(status)
	io.WriteString(w, page)
}

// looks reports whether a person looks at the answer: a browser that goes somewhere,
// by the address bar, a link or a form.
func looks(req *http.Request) bool {
	if !strings.Contains(req.Header.Get("Accept"), "text/html") {
		return false
	}
	return req.Header.Get("Sec-Fetch-Mode") == "navigate" || req.Method == http.MethodGet && !isData(req.URL.Path)
}
