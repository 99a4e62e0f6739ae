package mlflow_test

import (
	"testing"
)

func TestImportSQLite(t *testing.T) {
	c := startClient(t)
	dir := t.TempDir()
	uri := "sqlite:///" + dir + "/mlflow.db"
	c.do(t, nil, "make", uri, dir+"/art")
	h := open(t)
	a := h.bring(t, dir+"/mlflow.db")
	t.Logf("%+v", a)
	same(t, c.dump(t, uri), c.dump(t, h.url))
}
