package clinictest

import (
	"fmt"
	"net/url"
	"os"
	"sync/atomic"
	"testing"

	"github.com/houzhen/houzhen"
	"github.com/houzhen/houzhen/directory"
	"github.com/houzhen/houzhen/internal/store/storetest"
	"github.com/houzhen/houzhen/notify/aliyun"
	"github.com/houzhen/houzhen/templates"
)

func house() directory.House {
	label := func(zh, en string) houzhen.Label { return houzhen.Label{Zh: zh, En: en} }
	return directory.House{
		Hospital: directory.Hospital{ID: "h", Name: label("示例医院", "Sample Hospital"), TimeZone: "Asia/Shanghai", Phone: "0731-12345678", Sign: "示例医院"},
		Campuses: []directory.Campus{{ID: "main", HospitalID: "h", Name: label("本部", "Main campus")}},
		Departments: []directory.Department{
			{ID: "cardio", CampusID: "main", Code: "XN", Name: label("心内科", "Cardiology")},
			{
				ID: "derma", CampusID: "main", Code: "PX", Name: label("皮肤性病科", "Dermatovenereology"), Sensitive: true,
				Alias: label("门诊三区", "Area 3"),
			},
		},
		Zones: []directory.Zone{{ID: "zone-b", CampusID: "main", Code: "B", Name: label("二楼B区", "Zone B, floor 2"), Mask: directory.MaskMiddle}},
		Rooms: []directory.Room{
			{ID: "room-3", ZoneID: "zone-b", Code: "3", Name: label("3", "3")},
			{ID: "room-4", ZoneID: "zone-b", Code: "4", Name: label("4", "4")},
		},
		Doctors: []directory.Doctor{
			{ID: "wang", DepartmentID: "cardio", Code: "W", Name: label("王建国", "Wang Jianguo"), Title: label("主任医师", "Chief physician"), Grade: 4},
			{ID: "li", DepartmentID: "cardio", Code: "L", Name: label("李敏", "Li Min"), Title: label("主任医师", "Chief physician"), Grade: 4},
			{ID: "zhao", DepartmentID: "derma", Code: "Z", Name: label("赵德明", "Zhao Deming"), Title: label("主任医师", "Chief physician"), Grade: 4},
		},
	}
}

// wordings lists every template key with its language, as the provider's
// adapter looks them up.
func wordings() []string {
	var keys []string
	for _, key := range templates.Keys() {
		for _, lang := range templates.Langs() {
			keys = append(keys, aliyun.TemplateKey(key, lang))
		}
	}
	return keys
}

// firstDatabase and databases are the numbered databases of the test's Redis
// that stories use; other tests keep to those below.
const (
	firstDatabase = 32
	databases     = 32
)

var redisDatabase atomic.Int64

// Services gives a fresh database on the test's PostgreSQL and an empty one of
// its Redis; without them the test is skipped, or fails where they are a must.
func Services(t *testing.T) Backend {
	t.Helper()
	b := Backend{Name: "postgresql"}
	b.Database = storetest.Database(t)
	server := os.Getenv("HOUZHEN_TEST_REDIS_URL")
	if server == "" {
		if os.Getenv("HOUZHEN_TEST_REQUIRE_SERVICES") == "1" {
			t.Fatal("HOUZHEN_TEST_REDIS_URL is empty: run by scripts/with-services.sh")
		}
		t.Skip("HOUZHEN_TEST_REDIS_URL is empty: no Redis to test with")
	}
	u, err := url.Parse(server)
	if err != nil {
		t.Fatal("HOUZHEN_TEST_REDIS_URL is not an address")
	}
	u.Path = fmt.Sprintf("/%d", firstDatabase+redisDatabase.Add(1)%databases)
	b.RedisURL = u.String()
	return b
}
