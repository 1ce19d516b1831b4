package arbiter

import (
	"regexp"
	"strconv"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
)

// The attributes of the table, as S3DynamoDBLogStore names them. The first two are its key.
const (
	attrTablePath  = "tablePath"  // hash: the Delta table's URL
	attrFileName   = "fileName"   // range: 00000000000000000007.json
	attrTempPath   = "tempPath"   // relative to _delta_log
	attrComplete   = "complete"   // the string "true" or "false"
	attrExpireTime = "expireTime" // number: epoch seconds; only where complete
)

// entry is one commit in DynamoDB.
type entry struct {
	tablePath, fileName, tempPath string
	complete                      bool
	expireTime                    int64
}

func (e entry) completed(now time.Time, ttl time.Duration) entry {
	e.complete, e.expireTime = true, now.Unix()+int64(ttl/time.Second)
	return e
}

func (e entry) item() map[string]types.AttributeValue {
	item := map[string]types.AttributeValue{
		attrTablePath: text(e.tablePath), attrFileName: text(e.fileName), attrTempPath: text(e.tempPath),
		attrComplete: text(strconv.FormatBool(e.complete)),
	}
	if e.complete {
		item[attrExpireTime] = &types.AttributeValueMemberN{Value: strconv.FormatInt(e.expireTime, 10)}
	}
	return item
}

func text(s string) *types.AttributeValueMemberS { return &types.AttributeValueMemberS{Value: s} }

// parseEntry reads an item. What is copied by it must lie in the log's own folder for temporary files.
func parseEntry(item map[string]types.AttributeValue) (entry, string) {
	get := func(name string) string {
		if s, ok := item[name].(*types.AttributeValueMemberS); ok {
			return s.Value
		}
		return ""
	}
	e := entry{tablePath: get(attrTablePath), fileName: get(attrFileName), tempPath: get(attrTempPath), complete: get(attrComplete) == "true"}
	switch {
	case e.complete:
		return e, ""
	case get(attrComplete) != "false":
		return e, "complete is neither true nor false"
	case !commitName(e.fileName):
		return e, "the file name is not one of a commit"
	case !strings.HasPrefix(e.tempPath, ".tmp/") || strings.Contains(e.tempPath[5:], "/") || e.tempPath == ".tmp/":
		return e, "tempPath " + strconv.Quote(e.tempPath) + " is not a file of .tmp"
	}
	return e, ""
}

// commitName says whether a file of the log is a commit: 20 digits and ".json".
func commitName(name string) bool {
	digits, ok := strings.CutSuffix(name, ".json")
	return ok && len(digits) == 20 && strings.Trim(digits, "0123456789") == ""
}

const logDir = "_delta_log/"

// place is a commit by its key in the store.
type place struct {
	table    string // key of the Delta table in the store: "" or ends with "/"
	fileName string
}

func (p place) key() string { return p.table + logDir + p.fileName }

// previous is the commit before, where there is one.
func (p place) previous() (place, bool) {
	n, err := strconv.ParseInt(strings.TrimSuffix(p.fileName, ".json"), 10, 64)
	if err != nil || n == 0 {
		return p, false
	}
	digits := strconv.FormatInt(n-1, 10)
	return place{p.table, strings.Repeat("0", 20-len(digits)) + digits + ".json"}, true
}

// commitPlace says whether a key is one of a commit.
func commitPlace(key string) (place, bool) {
	folder, name := key[:strings.LastIndexByte(key, '/')+1], key[strings.LastIndexByte(key, '/')+1:]
	table, ok := strings.CutSuffix(folder, logDir)
	if !ok || table != "" && !strings.HasSuffix(table, "/") || !commitName(name) {
		return place{}, false
	}
	return place{table, name}, true
}

// derived says whether a file of the log is made from its commits, so that it says the same whoever writes it: checkpoints, version
// checksums, compacted commits.
func derived(key string) bool {
	table, ok := logPlace(key)
	_, isCommit := commitPlace(key)
	return ok && !isCommit && key != table+logDir
}

var uuids = regexp.MustCompile(`[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}`)

// unique says whether a name holds a UUID, so that no two writers put it.
func unique(key string) bool { return uuids.MatchString(key[strings.LastIndexByte(key, '/')+1:]) }

// logPlace says whether a prefix lists commits of one log, and of which table.
func logPlace(prefix string) (table string, ok bool) {
	i := strings.LastIndex(prefix, logDir)
	if i < 0 || i > 0 && prefix[i-1] != '/' || strings.Contains(prefix[i+len(logDir):], "/") {
		return "", false
	}
	return prefix[:i], true
}

// tablePath is how Hadoop spells the path of a table: the URL unescaped, with the scheme that the writers use, without a slash at
// its end, but for a bucket's root.
func tablePath(root, scheme, table string) string {
	path := strings.TrimSuffix(strings.TrimRight(root, "/")+"/"+table, "/")
	head, rest, ok := strings.Cut(path, "://")
	switch {
	case !ok && strings.HasPrefix(path, "/"):
		return "file:" + path
	case head == "file":
		return "file:" + rest
	case strings.HasPrefix(head, "s3"):
		path = scheme + "://" + rest
		if !strings.Contains(rest, "/") {
			path += "/"
		}
	}
	return path
}
