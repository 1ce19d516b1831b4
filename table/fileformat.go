package table

import (
	"fmt"
	"strconv"
	"strings"

	"github.com/ingestd/ingestd/table/arrowmap"
	"github.com/ingestd/ingestd/table/datafile"
	"github.com/ingestd/ingestd/table/stats"
	"github.com/ingestd/ingestd/txlog"
	"github.com/ingestd/ingestd/txlog/schema"
)

// fileFormat is how the properties of a table want its data files.
type fileFormat struct {
	codec     string // as datafile.Options has it; "" is its default
	extension string
	prefix    int    // length of a random folder that takes the place of partition folders; 0: none
	root      string // folder of all files, with a slash: of change data
	stem      string // how names begin: "part", or "cdc"
}

// Properties of data files that only this package heeds.
const (
	propRandomPrefixes = "delta.randomizeFilePrefixes"
	propPrefixLength   = "delta.randomPrefixLength"
)

func newFileFormat(p txlog.Properties) fileFormat {
	f := fileFormat{codec: datafile.DefaultCodec, stem: "part"}
	if _, set := p.Get(txlog.PropCompression); set {
		f.codec = p.Compression()
	}
	f.extension = extension(f.codec)
	if on, _ := p.Get(propRandomPrefixes); strings.EqualFold(strings.TrimSpace(on), "true") {
		f.prefix = 2
		length, _ := p.Get(propPrefixLength)
		if n, err := strconv.Atoi(length); err == nil && n > 0 {
			f.prefix = min(n, 32)
		}
	}
	return f
}

// extension is what Spark puts into the names of files with a codec.
func extension(codec string) string {
	switch codec {
	case "none", "uncompressed":
		return ".parquet"
	case "gzip":
		return ".gz.parquet"
	}
	return "." + codec + ".parquet"
}

// key names the n-th file of a write in the store: a folder for its partition and a name as Spark's.
func (f fileFormat) key(n int, dir, id string) string {
	name := fmt.Sprintf("%s-%05d-%s-c000%s", f.stem, n, id, f.extension)
	if f.prefix > 0 {
		dir = strings.ReplaceAll(id, "-", "")
		dir = dir[max(len(dir)-f.prefix, 0):]
	}
	if dir == "" {
		return f.root + name
	}
	return f.root + dir + "/" + name
}

// statsColumns are the columns of files, in physical names, that the properties want statistics of, and those that
// the table is clustered by, which always have them. Properties have the table's names.
// Error: a property that names a column which is not there.
func statsColumns(sh *shape, table, files *schema.Struct) (stats.Selection, error) {
	sel := stats.First(files, sh.props.IndexedColumns())
	if list, set := sh.props.StatsColumns(); set {
		logical, err := arrowmap.FileSchema(table, sh.partitionBy)
		if err != nil {
			return sel, err
		}
		if sel, err = stats.Named(logical, list); err != nil {
			return sel, err
		}
		sel = sel.Renamed(func(path []string) []string {
			if physical, ok := table.PhysicalPath(sh.mapping, path...); ok {
				return physical
			}
			return path
		})
	}
	return sel.With(sh.clustered...), nil
}
