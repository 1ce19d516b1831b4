package parts

import "maps"

// Connector is the configuration of a Debezium connector that follows a database, from a snapshot on, with a slot and a
// publication that have this name, and sends to topics "<name>.<schema>.<table>" of one partition. It takes all tables,
// unless config says which (table.include.list); config is added to it.
func (p *PostgresServer) Connector(database, name string, config map[string]string) map[string]string {
	host, port := p.HostPort()
	all := map[string]string{
		"connector.class":             "io.debezium.connector.postgresql.PostgresConnector",
		"tasks.max":                   "1",
		"plugin.name":                 "pgoutput",
		"database.hostname":           host,
		"database.port":               port,
		"database.user":               p.User,
		"database.password":           "none",
		"database.dbname":             database,
		"topic.prefix":                name,
		"slot.name":                   name,
		"publication.name":            name,
		"publication.autocreate.mode": "filtered",

		"topic.creation.default.partitions":         "1",
		"topic.creation.default.replication.factor": "1",
	}
	maps.Copy(all, config)
	return all
}
