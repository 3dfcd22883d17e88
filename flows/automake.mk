# Layer 2: plans.
noinst_LTLIBRARIES += flows/libflowsplan.la
flows_libflowsplan_la_SOURCES = \
	flows/flow-act.c \
	flows/flow-act.h \
	flows/flow-codec.c \
	flows/flow-codec.h \
	flows/flow-list.c \
	flows/flow-list.h \
	flows/flow-payload.c \
	flows/flow-payload.h \
	flows/flow-table.c \
	flows/flow-table.h \
	flows/gen-flood.c \
	flows/gen-host.c \
	flows/gen-mac.c \
	flows/gen-network.c \
	flows/gen-nhg.c \
	flows/gen-port.c \
	flows/gen.c \
	flows/gen.h \
	flows/pipeline.h

# Layer 3: the switch connection.
noinst_LTLIBRARIES += flows/libflows.la
flows_libflows_la_SOURCES = \
	flows/flows.c \
	flows/flows.h \
	flows/switch-conn.c \
	flows/switch-conn.h
