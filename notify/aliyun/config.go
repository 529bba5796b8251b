package aliyun

import (
	"net"
	"net/netip"
	"os"
	"regexp"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/aliyun/alibaba-cloud-sdk-go/services/dysmsapi"
	"github.com/aliyun/alibaba-cloud-sdk-go/services/dyvmsapi"
	"github.com/aliyun/alibaba-cloud-sdk-go/services/push"

	"github.com/houzhen/houzhen"
)

const (
	schemeHTTPS = "HTTPS"
	schemeHTTP  = "HTTP"
)

func (conf Config) withDefaults() Config {
	conf.Scheme = strings.ToUpper(conf.Scheme)
	for _, d := range []struct {
		field *string
		value string
	}{{&conf.Region, "cn-hangzhou"}, {&conf.Scheme, schemeHTTPS}, {&conf.PushChannel, "houzhen"}, {&conf.PushAPNS, "PRODUCT"}} {
		if *d.field == "" {
			*d.field = d.value
		}
	}
	if conf.Timeout <= 0 {
		conf.Timeout = 5 * time.Second
	}
	if conf.Connections <= 0 {
		conf.Connections = 32
	}
	return conf
}

var regionPattern = regexp.MustCompile(`^[a-z0-9-]+$`)

func (conf Config) validate() error {
	for _, f := range []struct{ name, value string }{
		{"access_key_id", conf.AccessKeyID}, {"access_key_secret", conf.AccessKeySecret.Reveal()}, {"sign", conf.Sign},
	} {
		if f.value == "" {
			return houzhen.E(houzhen.CodeMissing, "aliyun needs it").On(f.name)
		}
	}
	for _, t := range []struct {
		codes         map[string]string
		prefix, field string
	}{{conf.Templates, "SMS_", "templates"}, {conf.VoiceTemplates, "TTS_", "voice_templates"}} {
		for key, code := range t.codes {
			if !strings.Contains(key, "/") || !strings.HasPrefix(code, t.prefix) {
				return houzhen.E(houzhen.CodeInvalid, "a template is not name/language to "+t.prefix+"number: "+key).On(t.field)
			}
		}
	}
	return conf.validateWays()
}

// validateWays judges how the provider is reached.
func (conf Config) validateWays() error {
	switch {
	case !regionPattern.MatchString(conf.Region):
		return houzhen.E(houzhen.CodeInvalid, "not the name of a region").On("region")
	case !plainHost(conf.Endpoint):
		return houzhen.E(houzhen.CodeInvalid, "not host or host:port").On("endpoint")
	case !plainHost(conf.PushEndpoint):
		return houzhen.E(houzhen.CodeInvalid, "not host or host:port").On("push_endpoint")
	case !plainHost(conf.VoiceEndpoint):
		return houzhen.E(houzhen.CodeInvalid, "not host or host:port").On("voice_endpoint")
	case conf.Scheme != schemeHTTPS && conf.Scheme != schemeHTTP:
		return houzhen.E(houzhen.CodeInvalid, "neither HTTPS nor HTTP").On("scheme")
	case conf.Scheme == schemeHTTP && !conf.loopback():
		return houzhen.E(houzhen.CodeInvalid, "plain HTTP is for loopback endpoints only: phone numbers would travel in the open").On("scheme")
	}
	return nil
}

// plainHost reports whether an endpoint is host or host:port and nothing more.
func plainHost(endpoint string) bool { return !strings.ContainsAny(endpoint, "/?#@ \t\r\n\\") }

// loopback reports whether no request can leave this machine.
func (conf Config) loopback() bool {
	return isLoopback(conf.Endpoint) && (conf.PushAppKey == 0 || isLoopback(conf.PushEndpoint)) &&
		(len(conf.VoiceTemplates) == 0 || isLoopback(conf.VoiceEndpoint))
}

func isLoopback(endpoint string) bool {
	host, _, err := net.SplitHostPort(endpoint)
	if err != nil {
		host = strings.Trim(endpoint, "[]")
	}
	if host == "localhost" {
		return true
	}
	ip, err := netip.ParseAddr(host)
	return err == nil && ip.IsLoopback()
}

// refuseDebug refuses an environment in which the SDK prints every request,
// phone and all, to standard output. It has read the variable before any code
// of ours could run, so that nothing but a new start helps.
func refuseDebug() error {
	if slices.Contains(strings.Split(os.Getenv("DEBUG"), ","), "sdk") {
		return houzhen.E(houzhen.CodeInvalid, "the environment has DEBUG=sdk, with which the provider's SDK prints phone numbers: unset it and start again").On("DEBUG")
	}
	return nil
}

// primeEndpoints fills the SDK's endpoint maps, which it would otherwise fill
// at the first calls without a lock.
var primeEndpoints = sync.OnceFunc(func() {
	dysmsapi.GetEndpointMap()
	push.GetEndpointMap()
	dyvmsapi.GetEndpointMap()
})

// endpoints gives the host of each service. They are always set, so that the
// SDK never asks its location service.
func endpoints(conf Config) (sms, app, voice string) {
	host := func(given string, regions map[string]string, usual string) string {
		if given != "" {
			return given
		}
		if h, ok := regions[conf.Region]; ok {
			return h
		}
		return usual
	}
	return host(conf.Endpoint, dysmsapi.GetEndpointMap(), "dysmsapi.aliyuncs.com"),
		host(conf.PushEndpoint, push.GetEndpointMap(), "cloudpush.aliyuncs.com"),
		host(conf.VoiceEndpoint, dyvmsapi.GetEndpointMap(), "dyvmsapi.aliyuncs.com")
}
