package parts

import "fmt"

// properties is the configuration of a node that is broker and controller in one, with one copy of everything.
func (b *KafkaBroker) properties(data, controller string) []string {
	return []string{
		"process.roles=broker,controller",
		"node.id=1",
		"controller.quorum.voters=1@" + controller,
		"controller.listener.names=CONTROLLER",
		"inter.broker.listener.name=PLAINTEXT",
		fmt.Sprintf("listeners=PLAINTEXT://%s,SASL://%s,CONTROLLER://%s", b.Addr, b.SASLAddr, controller),
		fmt.Sprintf("advertised.listeners=PLAINTEXT://%s,SASL://%s", b.Addr, b.SASLAddr),
		"listener.security.protocol.map=PLAINTEXT:PLAINTEXT,SASL:SASL_PLAINTEXT,CONTROLLER:PLAINTEXT",
		"listener.name.sasl.sasl.enabled.mechanisms=PLAIN",
		fmt.Sprintf("listener.name.sasl.plain.sasl.jaas.config="+
			`org.apache.kafka.common.security.plain.PlainLoginModule required user_%s="%s";`, b.User, b.Password),
		// After a SIGKILL the node comes back when its session from before has ended.
		"broker.session.timeout.ms=5000",
		"broker.heartbeat.interval.ms=500",
		"log.dirs=" + data,
		"auto.create.topics.enable=false",
		"group.initial.rebalance.delay.ms=0",
		"offsets.topic.replication.factor=1",
		"offsets.topic.num.partitions=4",
		"transaction.state.log.replication.factor=1",
		"transaction.state.log.min.isr=1",
		"transaction.state.log.num.partitions=4",
		"share.coordinator.state.topic.replication.factor=1",
		"share.coordinator.state.topic.min.isr=1",
	}
}

const kafkaLogging = `appender.console.type=Console
appender.console.name=console
appender.console.layout.type=PatternLayout
appender.console.layout.pattern=%d{HH:mm:ss.SSS} %p %c{1} %m%n
rootLogger.level=WARN
rootLogger.appenderRef.console.ref=console
logger.server.name=kafka.server.KafkaRaftServer
logger.server.level=INFO
`
