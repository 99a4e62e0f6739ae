package api

func (a *API) hostRoutes(r *Router) {}
