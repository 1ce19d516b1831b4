package deadletter_test

import (
	"testing"

	"go.uber.org/goleak"

	"github.com/ingestd/ingestd/txlog/schema"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func ddl(t *testing.T, text string) *schema.Struct {
	t.Helper()
	s, err := schema.ParseDDL(text)
	if err != nil {
		t.Fatal(err)
	}
	return s
}
