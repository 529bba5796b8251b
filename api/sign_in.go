package api

import (
	"context"

	"github.com/houzhen/houzhen/internal/auth"
)

type askCodeIn struct {
	Body struct {
		Phone string `json:"phone" maxLength:"20"`
	}
}

type askCodeOut struct {
	Body struct {
		SignIn string `json:"sign_in" doc:"Comes back with the code"`
	}
}

// askCode sends a code to a phone.
func (a *API) askCode(ctx context.Context, in *askCodeIn) (*askCodeOut, error) {
	r := requestOf(ctx)
	id, err := a.SignIn.AskCode(ctx, in.Body.Phone, r.lang, r.address)
	if err != nil {
		return nil, err
	}
	out := &askCodeOut{}
	out.Body.SignIn = id
	return out, nil
}

type signInIn struct {
	Body struct {
		SignIn string `json:"sign_in"`
		Code   string `json:"code" maxLength:"10"`
	}
}

type principalOut struct{ Body principalView }

type principalView struct {
	Role auth.Role `json:"role"`
	ID   string    `json:"id"`
}

// signIn starts a patient's session.
func (a *API) signIn(ctx context.Context, in *signInIn) (*principalOut, error) {
	p, err := a.SignIn.ByCode(ctx, in.Body.SignIn, in.Body.Code)
	if err != nil {
		return nil, err
	}
	return &principalOut{principalView{p.Role, p.ID}}, nil
}

type staffSignInIn struct {
	Body struct {
		Login    string `json:"login" maxLength:"60"`
		Password string `json:"password" maxLength:"200"`
	}
}

// staffSignIn starts the session of a member of staff.
func (a *API) staffSignIn(ctx context.Context, in *staffSignInIn) (*principalOut, error) {
	p, err := a.SignIn.ByPassword(ctx, in.Body.Login, in.Body.Password, requestOf(ctx).address)
	if err != nil {
		return nil, err
	}
	return &principalOut{principalView{p.Role, p.ID}}, nil
}

// signOut ends the session.
func (a *API) signOut(ctx context.Context, _ *struct{}) (*struct{}, error) {
	return nil, a.SignIn.Out(ctx)
}
