package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

const geheim = "geheim-und-lang-genug-fuer-alles"

func TestASettingsFileIsUsed(t *testing.T) {
	data := filepath.Join(t.TempDir(), "there")
	file := written(t, "houzhen.yaml", "data: "+data+"\ntime-zone: Asia/Urumqi\nworkers: 3\ntrust-proxy: true\naliyun-templates:\n  appt.booked: SMS_1\n")
	call(t, "check", "--config", file).expect(t, 0, "sqlite, version", "+06:00")
	if _, err := os.Stat(filepath.Join(data, "houzhen.db")); err != nil {
		t.Errorf("the folder of the file was not used: %v", err)
	}
}

func TestFlagsAndEnvironmentWinOverTheFile(t *testing.T) {
	file := written(t, "houzhen.yaml", "time-zone: Asia/Urumqi\nlisten: nonsense\n")
	call(t, "check", "--config", file).expect(t, 2, "houzhen: listen:")
	call(t, "check", "--config", file, "--listen", ":0", "--data", t.TempDir(), "--time-zone", "Asia/Tokyo").expect(t, 0, "+09:00")
	t.Setenv("HOUZHEN_LISTEN", ":0")
	t.Setenv("HOUZHEN_CONFIG", file)
	callAsIs(t, "check", "--data", t.TempDir()).expect(t, 0, "+06:00")
}

func TestASettingsFileThatIsWrongIsRefused(t *testing.T) {
	for _, c := range []struct{ name, text, word string }{
		{"an unknown setting", "lissen: :80\n", "lissen"},
		{"a setting in the style of the environment", "HOUZHEN_LISTEN: :80\n", "HOUZHEN_LISTEN"},
		{"no YAML", "listen: [\n", "not YAML"},
		{"a list", "- listen\n", "not YAML"},
		{"a number that is none", "workers: many\n", "workers"},
		{"a value that cannot work", "time-zone: Mars\n", "time-zone"},
	} {
		t.Run(c.name, func(t *testing.T) {
			got := call(t, "check", "--data", t.TempDir(), "--config", written(t, "houzhen.yaml", c.text))
			got.expect(t, 2, c.word)
			if strings.Contains(got.out, "ok") {
				t.Errorf("went on: %s", got.out)
			}
		})
	}
}

func TestAnEmptySettingsFileSetsNothing(t *testing.T) {
	for _, text := range []string{"", "\n", "# nothing\n"} {
		call(t, "check", "--data", t.TempDir(), "--config", written(t, "houzhen.yaml", text)).expect(t, 0, "settings   valid")
	}
}

// TestNoCallPrintsASecret gives secrets by flag, environment and file, to
// calls that end well and that do not.
func TestNoCallPrintsASecret(t *testing.T) {
	file := written(t, "houzhen.yaml", "aliyun-access-key-secret: "+geheim+"\n")
	address := "postgres://houzhen:" + geheim + "@127.0.0.1:1/houzhen?connect_timeout=1&password=" + geheim
	redis := "redis://:" + geheim + "@127.0.0.1:1/0"
	for name, args := range map[string][]string{
		"a key that is none":         {"check", "--keys", geheim},
		"a token that is too short":  {"check", "--aliyun-callback-token", geheim[:20]},
		"a database that is away":    {"check", "--database-url", address},
		"a worker without its parts": {"worker", "--database-url", address, "--redis-url", redis},
		"a Redis that is away":       {"check", "--redis-url", redis},
		"a replay on none":           {"replay", "appointments", "--database-url", address, written(t, "a.csv", "PatientId,AppointmentID,ScheduledDay,AppointmentDay,Neighbourhood,No-show\n")},
		"a database of another kind": {"check", "--database-url", "mysql://u:" + geheim + "@h/d"},
		"help":                       {"--help", "--keys", geheim},
		"a wrong flag":               {"--keys", geheim, "--lissen"},
		"a file of secrets":          {"check", "--config", file, "--channel", "file"},
		"a migration":                {"migrate", "--aliyun-access-key-secret", geheim, "--log", "debug"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Chdir(t.TempDir())
			got := call(t, args...)
			if text := got.out + got.err; strings.Contains(text, geheim[:20]) || text == "" {
				t.Errorf("a secret is printed, or nothing:\n%s", text)
			}
		})
	}
}

func TestASecretOfTheEnvironmentIsNotInTheHelp(t *testing.T) {
	t.Setenv("HOUZHEN_KEYS", geheim)
	t.Setenv("ALIYUN_ACCESS_KEY_SECRET", geheim)
	got := callAsIs(t, "--help")
	got.expect(t, 0, "HOUZHEN_KEYS")
	if strings.Contains(got.out+got.err, geheim) {
		t.Errorf("a secret is printed:\n%s", got.out)
	}
}
