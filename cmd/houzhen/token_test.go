package main

import (
	"strings"
	"testing"

	"github.com/houzhen/houzhen/internal/auth"
)

// A token is printed once, alone; the list knows its end and whose it is.
func TestATokenIsAddedListedAndRevoked(t *testing.T) {
	data := house(t)
	added := call(t, "token", "add", "--data", data, "region", "--name", "Regional platform", "--scopes", "book,read", "--days", "30")
	added.expect(t, 0, auth.TokenPrefix)
	token := strings.TrimSpace(added.out)
	if strings.ContainsAny(token, " \n") || !strings.HasPrefix(token, auth.TokenPrefix) {
		t.Fatalf("got %q on the output, want the token alone", added.out)
	}
	listed := call(t, "token", "list", "--data", data)
	listed.expect(t, 0, "region", "Regional platform", "live", "never", "[read book]", "…"+token[len(token)-4:])
	if strings.Contains(listed.out, token) {
		t.Error("the list shows the token")
	}
	lines := strings.Split(strings.TrimSpace(listed.out), "\n")
	if len(lines) != 2 {
		t.Fatalf("got %d lines, want a head and one token", len(lines))
	}
	id, _, _ := strings.Cut(lines[1], " ")
	call(t, "token", "revoke", "--data", data, id).expect(t, 0, "revoked "+id)
	listed = call(t, "token", "list", "--data", data)
	if listed.expect(t, 0, "over"); strings.Contains(listed.out, "live") {
		t.Errorf("the revoked token is live: %s", listed.out)
	}
	call(t, "token", "revoke", "--data", data, "nobody").expect(t, 1)
}

func TestATokenThatCannotBeIsNotAdded(t *testing.T) {
	data := house(t)
	for name, c := range map[string]struct{ channel, scopes, days, want string }{
		"an unknown scope":  {"region", "everything", "30", "scopes"},
		"the desk's rights": {"desk", "read", "30", "channel"},
		"days without end":  {"region", "read", "1096", "days"},
		"no days":           {"region", "read", "0", "days"},
	} {
		t.Run(name, func(t *testing.T) {
			call(t, "token", "add", "--data", data, c.channel, "--name", "N", "--scopes", c.scopes, "--days", c.days).expect(t, 1, c.want)
		})
	}
	if listed := call(t, "token", "list", "--data", data); strings.Contains(listed.out, "live") {
		t.Errorf("got %s, want nobody let in", listed.out)
	}
}
