//go:build desktop || dev

package window

/*
#cgo !webkit2_41 pkg-config: gtk+-3.0 webkit2gtk-4.0
#cgo webkit2_41 pkg-config: gtk+-3.0 webkit2gtk-4.1

#include <gtk/gtk.h>
#include <webkit2/webkit2.h>

static WebKitWebView *webview(GtkWidget *w) {
	if (WEBKIT_IS_WEB_VIEW(w)) return WEBKIT_WEB_VIEW(w);
	if (!GTK_IS_CONTAINER(w)) return NULL;
	WebKitWebView *found = NULL;
	GList *children = gtk_container_get_children(GTK_CONTAINER(w));
	for (GList *c = children; c && !found; c = c->next) found = webview(c->data);
	g_list_free(children);
	return found;
}

static gboolean load(gpointer uri) {
	GList *windows = gtk_window_list_toplevels();
	WebKitWebView *found = NULL;
	for (GList *w = windows; w && !found; w = w->next) found = webview(w->data);
	g_list_free(windows);
	if (found) webkit_web_view_load_uri(found, uri);
	free(uri);
	return G_SOURCE_REMOVE;
}

static void direct(char *uri) { g_idle_add(load, uri); }
*/
import "C"

// direct sends the webview straight to the server. Going there from a page of the
// webview's own scheme would cost 0.3 s: WebKit starts another process for another site.
func direct(launch string) bool {
	C.direct(C.CString(launch)) // freed by load
	return true
}
