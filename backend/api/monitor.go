package api

func (a *API) monitorRoutes(r *Router) {}
