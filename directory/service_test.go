package directory_test

import (
	"errors"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/houzhen/houzhen"
	"github.com/houzhen/houzhen/directory"
)

func TestHouseIsLoadedOnceAndAfterEachChange(t *testing.T) {
	s, m := desk(t)
	loads := m.loads
	for range 3 {
		ix, err := s.Index(t.Context())
		if err != nil || ix.DoctorOf("chen").Grade != 3 {
			t.Fatalf("got %+v, %v", ix, err)
		}
	}
	if m.loads != loads {
		t.Errorf("loaded %d times more", m.loads-loads)
	}
	h, err := s.House(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	h.Doctors = append([]directory.Doctor{}, h.Doctors...)
	h.Doctors[0].Grade = 1
	if err := s.SaveHouse(t.Context(), h); err != nil {
		t.Fatal(err)
	}
	if ix, _ := s.Index(t.Context()); ix.DoctorOf("chen").Grade != 1 {
		t.Error("the change is not seen")
	}
	m.house = directory.House{} // another node
	if err := s.Reload(t.Context()); err != nil {
		t.Fatal(err)
	}
	if h, _ := s.House(t.Context()); len(h.Doctors) != 0 {
		t.Error("the other node's change is not seen")
	}
}

func TestIndexFindsByIDAndCode(t *testing.T) {
	ix := directory.NewIndex(house())
	for name, ok := range map[string]bool{
		"campus":        second(ix.Campus("main")),
		"department":    second(ix.Department("d1")) && second(ix.DepartmentByCode("cardio")),
		"zone":          second(ix.Zone("z1")) && second(ix.ZoneByCode("A")),
		"room":          second(ix.Room("r1")) && second(ix.RoomByCode("A1")),
		"doctor":        second(ix.Doctor("liu")) && second(ix.DoctorByCode("L")),
		"nothing":       !second(ix.Doctor("")) && !second(ix.DoctorByCode("")) && !second(ix.RoomByCode("r1")),
		"zero value of": ix.ZoneOf("x").ID == "" && ix.DepartmentOf("d1").Code == "cardio" && ix.RoomName("r1").En == "room 1" && ix.ZoneOf("z1").Code == "A",
	} {
		if !ok {
			t.Errorf("%s is wrong", name)
		}
	}
}

func second[T any](_ T, ok bool) bool { return ok }

func TestPeersAreOfTheSameGradeOrHigher(t *testing.T) {
	ix := directory.NewIndex(house())
	for doctor, want := range map[string][]string{
		"chen": {"zhao", "liu"}, "liu": {}, "wu": {"chen", "zhao", "liu"}, "pool": {}, "nobody": {},
	} {
		if d := cmp.Diff(want, ix.Peers(doctor)); d != "" {
			t.Errorf("%s: %s", doctor, d)
		}
	}
}

func TestHouseFaults(t *testing.T) {
	if f := house().Faults(); len(f) != 0 {
		t.Errorf("a good house: %v", f)
	}
	for name, c := range map[string]struct {
		change func(*directory.House)
		want   directory.HouseFault
	}{
		"no hospital":          {func(h *directory.House) { h.Hospital.Name.Zh = "" }, directory.HouseFault{Path: "hospital.name.zh", Reason: "missing"}},
		"no such time zone":    {func(h *directory.House) { h.Hospital.TimeZone = "Mars/Base" }, directory.HouseFault{Path: "hospital.time_zone", Reason: "invalid"}},
		"the machine's zone":   {func(h *directory.House) { h.Hospital.TimeZone = "Local" }, directory.HouseFault{Path: "hospital.time_zone", Reason: "invalid"}},
		"campus of another":    {func(h *directory.House) { h.Campuses[0].HospitalID = "x" }, directory.HouseFault{Path: "campuses[0].hospital", Reason: "unknown"}},
		"two of one id":        {func(h *directory.House) { h.Doctors[1].ID = "chen" }, directory.HouseFault{Path: "doctors[1].id", Reason: "duplicate"}},
		"two of one code":      {func(h *directory.House) { h.Doctors[1].Code = "C" }, directory.HouseFault{Path: "doctors[1].code", Reason: "duplicate"}},
		"code with a blank":    {func(h *directory.House) { h.Rooms[0].Code = "A 1" }, directory.HouseFault{Path: "rooms[0].code", Reason: "invalid"}},
		"unknown department":   {func(h *directory.House) { h.Doctors[2].DepartmentID = "x" }, directory.HouseFault{Path: "doctors[2].department", Reason: "unknown"}},
		"unknown zone":         {func(h *directory.House) { h.Rooms[0].ZoneID = "x" }, directory.HouseFault{Path: "rooms[0].zone", Reason: "unknown"}},
		"grade nine":           {func(h *directory.House) { h.Doctors[0].Grade = 9 }, directory.HouseFault{Path: "doctors[0].grade", Reason: "invalid"}},
		"no such mask":         {func(h *directory.House) { h.Zones[0].Mask = "full" }, directory.HouseFault{Path: "zones[0].mask", Reason: "invalid"}},
		"sensitive, no alias":  {func(h *directory.House) { h.Departments[0].Sensitive = true }, directory.HouseFault{Path: "departments[0].alias.zh", Reason: "missing"}},
		"department elsewhere": {func(h *directory.House) { h.Departments[0].CampusID = "x" }, directory.HouseFault{Path: "departments[0].campus", Reason: "unknown"}},
	} {
		h := house()
		c.change(&h)
		if got := h.Faults(); len(got) == 0 || got[0] != c.want {
			t.Errorf("%s: got %v, want %v", name, got, c.want)
		}
		s := directory.NewService(newMemory(), nil)
		err := s.SaveHouse(t.Context(), h)
		var e *houzhen.Error
		if !errors.As(err, &e) || e.Code != houzhen.CodeInvalid || e.Field != c.want.Path {
			t.Errorf("%s: got %v", name, err)
		}
	}
}

func TestEnsureAccountMakesOne(t *testing.T) {
	s, m := desk(t)
	phone, _ := directory.ParsePhone("13800000000")
	m.before = func() { // another node is faster
		if _, err := s.EnsureAccount(t.Context(), phone, houzhen.English); err != nil {
			t.Error(err)
		}
	}
	a, err := s.EnsureAccount(t.Context(), phone, houzhen.Chinese)
	if err != nil || a.Lang != houzhen.English || len(m.accounts) != 1 {
		t.Errorf("got %+v, %v, %d accounts", a, err, len(m.accounts))
	}
	again, err := s.Account(t.Context(), a.ID)
	if err != nil || again != a {
		t.Errorf("got %+v, %v", again, err)
	}
	_, err = s.EnsureAccount(t.Context(), houzhen.Phone{}, houzhen.Chinese)
	wantCode(t, err, houzhen.CodePhone)
}

func TestStaff(t *testing.T) {
	s, m := desk(t)
	hash := "$argon2id$v=19$m=1,t=1,p=1$c2FsdA$aGFzaA"
	boss, err := s.SaveStaff(t.Context(), directory.Staff{Login: " Boss ", Display: "Boss", Role: directory.RoleManager, PasswordHash: hash})
	if err != nil || boss.ID == "" || boss.Login != "boss" {
		t.Fatalf("got %+v, %v", boss, err)
	}
	if got, err := s.StaffByLogin(t.Context(), "BOSS"); err != nil || got != boss {
		t.Errorf("got %+v, %v", got, err)
	}
	for name, c := range map[string]struct {
		staff directory.Staff
		want  houzhen.Code
	}{
		"login of another": {directory.Staff{Login: "boss", Role: directory.RoleNurse, PasswordHash: hash}, houzhen.CodeConflict},
		"strange login":    {directory.Staff{Login: "a b", Role: directory.RoleNurse, PasswordHash: hash}, houzhen.CodeInvalid},
		"no such role":     {directory.Staff{Login: "ann", Role: "king", PasswordHash: hash}, houzhen.CodeInvalid},
		"plain password":   {directory.Staff{Login: "ann", Role: directory.RoleNurse, PasswordHash: "secret"}, houzhen.CodeInvalid},
		"long name":        {directory.Staff{Login: "ann", Role: directory.RoleNurse, PasswordHash: hash, Display: strings.Repeat("x", 51)}, houzhen.CodeInvalid},
		"unknown doctor":   {directory.Staff{Login: "ann", Role: directory.RoleDoctor, PasswordHash: hash, DoctorID: "x"}, houzhen.CodeInvalid},
		"doctor":           {directory.Staff{Login: "chen", Role: directory.RoleDoctor, PasswordHash: hash, DoctorID: "chen"}, ""},
	} {
		_, err := s.SaveStaff(t.Context(), c.staff)
		if got := houzhen.CodeOf(err); got != c.want {
			t.Errorf("%s: got %v, want %q", name, err, c.want)
		}
	}
	boss.Disabled = true
	_, err = s.SaveStaff(t.Context(), boss)
	wantCode(t, err, houzhen.CodeState)
	if _, err := s.SaveStaff(t.Context(), directory.Staff{Login: "two", Role: directory.RoleManager, PasswordHash: hash}); err != nil {
		t.Fatal(err)
	}
	_, err = s.SaveStaff(t.Context(), boss)
	wantCode(t, err, "")
	if list, err := s.StaffList(t.Context()); len(list) != 3 || err != nil || !m.staff[boss.ID].Disabled {
		t.Errorf("got %+v, %v", list, err)
	}
	if got, err := s.Staff(t.Context(), boss.ID); err != nil || !got.Disabled {
		t.Errorf("got %+v, %v", got, err)
	}
}

func TestScreens(t *testing.T) {
	s, _ := desk(t)
	hash := strings.Repeat("ab", 32)
	screen, err := s.PairScreen(t.Context(), "", directory.ScreenZone, "z1", hash)
	if err != nil || screen.ID == "" || screen.PairedAt.IsZero() {
		t.Fatalf("got %+v, %v", screen, err)
	}
	if got, err := s.ScreenByToken(t.Context(), hash); err != nil || got != screen {
		t.Errorf("got %+v, %v", got, err)
	}
	again, err := s.PairScreen(t.Context(), screen.ID, directory.ScreenDoor, "r1", strings.Repeat("cd", 32))
	if list, _ := s.Screens(t.Context()); err != nil || len(list) != 1 || list[0] != again {
		t.Errorf("got %+v, %v", list, err)
	}
	_, err = s.ScreenByToken(t.Context(), hash)
	wantCode(t, err, houzhen.CodeNotFound)
	for _, c := range [][3]string{{"wall", "z1", hash}, {"zone", "r1", hash}, {"door", "z1", hash}, {"zone", "z1", "short"}} {
		_, err := s.PairScreen(t.Context(), "", c[0], c[1], c[2])
		wantCode(t, err, houzhen.CodeInvalid)
	}
}
