package spark

import (
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/ingestd/ingestd/table/expression"
)

func shownClause(c expression.MergeClause) string {
	parts := []string{string(c.When), c.Condition, string(c.Action)}
	for _, v := range c.Set {
		parts = append(parts, v.Column+" := "+v.Expr)
	}
	return strings.Join(parts, " | ")
}

func TestClausesOfMergeAreRead(t *testing.T) {
	for text, want := range map[string]string{
		"MATCHED THEN DELETE":            "matched |  | delete",
		"when matched then update *":     "matched |  | update all",
		"WHEN MATCHED THEN UPDATE SET *": "matched |  | update all",
		"NOT MATCHED THEN INSERT *":      "not matched |  | insert all",
		"NOT MATCHED BY TARGET AND s.x > 1 THEN INSERT (a, `b c`, t.d) VALUES (s.a, concat(s.b, ','), DEFAULT)":  "not matched | s.x > 1 | insert | a := s.a | b c := concat(s.b, ',') | t.d := DEFAULT",
		"NOT MATCHED BY SOURCE AND t.day < current_date() THEN DELETE":                                           "not matched by source | t.day < current_date() | delete",
		"NOT MATCHED BY SOURCE THEN UPDATE SET gone = true":                                                      "not matched by source |  | update | gone := true",
		"MATCHED AND s.op = ' THEN ' /* THEN */ THEN UPDATE SET a = 1, t.b.c = (1 , 2), `x.y`=a.then -- , d = 5": "matched | s.op = ' THEN ' | update | a := 1 | t.b.c := (1 , 2) | x.y := a.then",
		"MATCHED AND CASE WHEN s.a THEN t.b WHEN t.c THEN (CASE x WHEN 1 THEN true END) ELSE t.end END THEN UPDATE SET a = CASE WHEN s.a THEN 1 END + arr[CASE WHEN b THEN 1 ELSE 2 END], b = array(1, 2)[0]": "matched | CASE WHEN s.a THEN t.b WHEN t.c THEN (CASE x WHEN 1 THEN true END) ELSE t.end END | update | a := CASE WHEN s.a THEN 1 END + arr[CASE WHEN b THEN 1 ELSE 2 END] | b := array(1, 2)[0]",
	} {
		c, err := MergeClause(text)
		if got := shownClause(c); err != nil || got != want {
			t.Errorf("%s: %s, %v, want %s", text, got, err, want)
		}
	}
	if c, err := MergeClause("MATCHED THEN UPDATE SET `x.y`.z = 1"); err != nil || fmt.Sprintf("%q", c.Set[0].Path) != `["x.y" "z"]` {
		t.Errorf("%+v, %v", c, err)
	}
}

func TestClausesOfMergeThatAreNoneSayWhatIsWanted(t *testing.T) {
	for text, want := range map[string]struct {
		at      int
		message string
	}{
		"":                                                   {0, "MATCHED, NOT MATCHED or NOT MATCHED BY SOURCE is wanted, not the end"},
		"WHEN MATCHES THEN DELETE":                           {5, `MATCHED, NOT MATCHED or NOT MATCHED BY SOURCE is wanted, not "MATCHES"`},
		"MATCHED DELETE":                                     {8, `AND or THEN is wanted, not "DELETE"`},
		"MATCHED AND THEN DELETE":                            {12, `a condition is wanted, not "THEN"`},
		"MATCHED AND a = 1":                                  {17, "THEN is wanted, not the end"},
		"MATCHED AND (a = 1 THEN DELETE":                     {30, "THEN is wanted, not the end"},
		"MATCHED AND a) THEN DELETE":                         {13, `THEN is wanted, not ")"`},
		"MATCHED THEN":                                       {12, "UPDATE or DELETE is wanted, not the end"},
		"MATCHED THEN INSERT *":                              {13, "INSERT is for rows that are NOT MATCHED"},
		"MATCHED THEN UPDATE a = 1":                          {20, `SET or * is wanted after UPDATE, not "a"`},
		"MATCHED THEN UPDATE SET a":                          {25, "an assignment is wanted, such as price = price * 2"},
		"MATCHED THEN UPDATE SET a =":                        {27, "an expression is wanted, not the end"},
		"MATCHED THEN UPDATE SET a = , b=1":                  {28, `an expression is wanted, not ","`},
		"MATCHED THEN UPDATE SET a = 1,":                     {30, "an assignment is wanted, such as price = price * 2"},
		"MATCHED THEN DELETE now":                            {20, `unexpected "now"`},
		"MATCHED THEN DELETE WHEN NOT MATCHED THEN INSERT *": {20, "one clause is wanted; give the next one apart"},
		"NOT MATCHED THEN DELETE":                            {17, `INSERT is wanted for rows that are NOT MATCHED, not "DELETE"`},
		"NOT MATCHED THEN INSERT VALUES (1)":                 {24, `the columns in brackets, or *, are wanted after INSERT, not "VALUES"`},
		"NOT MATCHED THEN INSERT (a, b) VALUES (1)":          {38, "1 values for 2 columns"},
		"NOT MATCHED THEN INSERT (a) VALUES (1, 2)":          {35, "2 values for 1 columns"},
		"NOT MATCHED THEN INSERT (1) VALUES (1)":             {25, "the name of a column is wanted"},
		"NOT MATCHED THEN INSERT (a) VALUES 1":               {35, `( is wanted, not "1"`},
		"NOT MATCHED BY SOURCE THEN UPDATE SET *":            {27, "rows that are NOT MATCHED BY SOURCE have no row of the source to take all columns of; write UPDATE SET column = value"},
		"NOT MATCHED BY SOURCE THEN INSERT *":                {27, "INSERT is for rows that are NOT MATCHED"},
		"MATCHED AND s = 'x THEN DELETE":                     {16, "a string without end"},
		"MATCHED THEN DELETE;":                               {19, "unexpected ';': one expression is wanted, without a semicolon"},
	} {
		_, err := MergeClause(text)
		var e *SyntaxError
		if !errors.As(err, &e) || e.Message != want.message || e.Offset != want.at {
			t.Errorf("%s: %v at %+v, want %v", text, err, e, want)
		}
	}
}

func FuzzMergeClause(f *testing.F) {
	for _, s := range []string{"MATCHED AND s.op = ' THEN ' THEN UPDATE SET a = 1, t.b.c = (1 , 2)", "WHEN NOT MATCHED BY TARGET THEN INSERT (a, `b`) VALUES (CASE WHEN 1 THEN 2 END, x[0])", "NOT MATCHED BY SOURCE AND (a) THEN DELETE -- x"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, text string) {
		check := func(c expression.MergeClause, err error) {
			var wrong *SyntaxError
			if err != nil {
				if !errors.As(err, &wrong) || wrong.Offset < 0 || wrong.Offset > len(text) {
					t.Fatalf("%q: %v", text, err)
				}
				return
			}
			if c.When == "" || c.Action == "" || !strings.Contains(text, c.Condition) || (len(c.Set) > 0) != (c.Action == expression.MergeUpdate || c.Action == expression.MergeInsert) {
				t.Fatalf("%q: %+v", text, c)
			}
			for _, v := range c.Set {
				if v.Expr == "" || len(v.Path) == 0 || !strings.Contains(text, v.Expr) {
					t.Fatalf("%q: %+v", text, v)
				}
			}
		}
		check(MergeClause(text))
	})
}
