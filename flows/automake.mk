# Layer 2: plans.
noinst_LTLIBRARIES += flows/libflowsplan.la
flows_libflowsplan_la_SOURCES = \
	flows/acl-flow.c \
	flows/acl-match.c \
	flows/acl-range.c \
	flows/acl-range.h \
	flows/acl.c \
	flows/acl.h \
	flows/flow-act.c \
	flows/flow-act.h \
	flows/flow-codec.c \
	flows/flow-codec.h \
	flows/flow-learn.c \
	flows/flow-learn.h \
	flows/flow-list.c \
	flows/flow-list.h \
	flows/flow-packet.c \
	flows/flow-packet.h \
	flows/flow-payload.c \
	flows/flow-payload.h \
	flows/flow-query.c \
	flows/flow-query.h \
	flows/flow-table-format.c \
	flows/flow-table.c \
	flows/flow-table.h \
	flows/flow-trace-name.c \
	flows/flow-trace-request.c \
	flows/flow-trace-tell.c \
	flows/flow-trace.c \
	flows/flow-trace.h \
	flows/gen-acl-common.c \
	flows/gen-acl-group.c \
	flows/gen-acl-network.c \
	flows/gen-acl-port.c \
	flows/gen-acl-rule.c \
	flows/gen-acl.c \
	flows/gen-flood.c \
	flows/gen-gateway.c \
	flows/gen-glean.c \
	flows/gen-guard.c \
	flows/gen-host.c \
	flows/gen-ip.c \
	flows/gen-learn.c \
	flows/gen-mac.c \
	flows/gen-network.c \
	flows/gen-next-hop.c \
	flows/gen-nhg.c \
	flows/gen-port.c \
	flows/gen-route.c \
	flows/gen-router.c \
	flows/gen-security.c \
	flows/gen-suppress.c \
	flows/gen.c \
	flows/gen.h \
	flows/ip-reply.c \
	flows/ip-reply.h \
	flows/nd-answer.c \
	flows/nd-answer.h \
	flows/pipeline.h \
	flows/resolver.c \
	flows/resolver.h \
	flows/route-packet.c \
	flows/route-packet.h \
	flows/route.c \
	flows/route.h \
	flows/rs-check.c \
	flows/rs-check.h \
	flows/security.c \
	flows/security.h \
	flows/spread.c \
	flows/spread.h

# Layer 3: the switch connection.
noinst_LTLIBRARIES += flows/libflows.la
flows_libflows_la_SOURCES = \
	flows/flows.c \
	flows/flows.h \
	flows/switch-conn.c \
	flows/switch-conn.h \
	flows/switch-query.c \
	flows/switch-query.h

# Layer 3: commands of ovs-vswitchd.
noinst_LTLIBRARIES += flows/libvswitchctl.la
flows_libvswitchctl_la_SOURCES = \
	flows/vswitch-ctl.c \
	flows/vswitch-ctl.h
