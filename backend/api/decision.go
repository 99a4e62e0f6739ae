package api

func (a *API) decisionRoutes(r *Router) {}
