package web

import (
	"slices"

	"github.com/houzhen/houzhen/internal/auth"
)

// menuItem is one entry of the staff's menu. Its words are nav.<Tab>, those of
// its group menu.<Group>; without a group it stands in the bar itself.
type menuItem struct {
	Tab, Href, Group string
	roles            []auth.Role
}

// staffMenu lists every entry of the staff's menu, in order.
func staffMenu() []menuItem {
	doctor, desk, manager := []auth.Role{auth.Doctor}, []auth.Role{auth.Nurse, auth.Manager}, []auth.Role{auth.Manager}
	return []menuItem{
		{"strip", "/strip", "", doctor},
		{"desk", "/desk", "", desk},
		{"messages", "/messages", "", desk},
		{"suspensions", "/suspensions", "", desk},
		{"manage", "/manage", "", desk},
		{"overflow", "/manage/overflow", "supply", desk},
		{"people", "/people", "people", desk},
		{"release", "/manage/release", "supply", manager},
		{"roster", "/manage/roster", "supply", manager},
		{"policies", "/manage/policies", "supply", manager},
		{"waitlist", "/manage/waitlist", "people", manager},
		{"payments", "/manage/payments", "people", manager},
		{"credit", "/manage/credit", "people", manager},
		{"guide", "/manage/guide", "supply", manager},
		{"abuse", "/manage/abuse", "people", manager},
		{"stats", "/manage/stats", "reports", manager},
		{"noshow", "/manage/noshow", "reports", manager},
		{"wordings", "/manage/wordings", "system", manager},
		{"jobs", "/manage/jobs", "system", manager},
		{"machines", "/manage/machines", "system", manager},
	}
}

// menuGroup is a part of the menu that opens.
type menuGroup struct {
	Name  string
	Items []menuItem
	Here  bool // the page is one of its entries
}

// Menu gives the groups of the menu that whoever looks may use, in order.
func (v view) Menu() []menuGroup {
	var groups []menuGroup
	for _, item := range staffMenu() {
		if !slices.Contains(item.roles, v.Who.As()) {
			continue
		}
		at := slices.IndexFunc(groups, func(g menuGroup) bool { return g.Name == item.Group })
		if at < 0 {
			at, groups = len(groups), append(groups, menuGroup{Name: item.Group})
		}
		groups[at].Items = append(groups[at].Items, item)
		groups[at].Here = groups[at].Here || item.Tab == v.Tab
	}
	return groups
}
