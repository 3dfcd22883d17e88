# IDL of OVS_Ext, generated from its schema.
EXTRA_DIST += \
	ovsdb-sync/ovs-ext-idl.ann \
	ovsdb-sync/text2c
dist_pkgdata_DATA += ovsdb-sync/ovs-ext.ovsschema

ovs_ext_idl_built = \
	ovsdb-sync/ovs-ext-idl.c \
	ovsdb-sync/ovs-ext-idl.h \
	ovsdb-sync/ovs-ext-schema.inc
BUILT_SOURCES += $(ovs_ext_idl_built)
CLEANFILES += \
	$(ovs_ext_idl_built) \
	ovsdb-sync/ovs-ext-idl.ovsidl

OVSDB_IDLC = $(run_python) $(OVS_BUILDDIR)/ovsdb/ovsdb-idlc

ovsdb-sync/ovs-ext-idl.ovsidl: \
	ovsdb-sync/ovs-ext.ovsschema ovsdb-sync/ovs-ext-idl.ann
	$(AM_V_GEN)$(MKDIR_P) ovsdb-sync && \
	$(OVSDB_IDLC) annotate $(srcdir)/ovsdb-sync/ovs-ext.ovsschema \
		$(srcdir)/ovsdb-sync/ovs-ext-idl.ann > $@.tmp && \
	mv $@.tmp $@
ovsdb-sync/ovs-ext-idl.c: ovsdb-sync/ovs-ext-idl.ovsidl
	$(AM_V_GEN)$(OVSDB_IDLC) c-idl-source $< > $@.tmp && mv $@.tmp $@
ovsdb-sync/ovs-ext-idl.h: ovsdb-sync/ovs-ext-idl.ovsidl
	$(AM_V_GEN)$(OVSDB_IDLC) c-idl-header $< > $@.tmp && mv $@.tmp $@
ovsdb-sync/ovs-ext-schema.inc: \
	ovsdb-sync/ovs-ext.ovsschema ovsdb-sync/text2c
	$(AM_V_GEN)$(MKDIR_P) ovsdb-sync && \
	$(PYTHON) $(srcdir)/ovsdb-sync/text2c \
		< $(srcdir)/ovsdb-sync/ovs-ext.ovsschema > $@.tmp && \
	mv $@.tmp $@

noinst_LTLIBRARIES += ovsdb-sync/libovsextidl.la
nodist_ovsdb_sync_libovsextidl_la_SOURCES = \
	ovsdb-sync/ovs-ext-idl.c \
	ovsdb-sync/ovs-ext-idl.h

# Layer 2: rows as text, status.
noinst_LTLIBRARIES += ovsdb-sync/libovsdbplan.la
ovsdb_sync_libovsdbplan_la_SOURCES = \
	ovsdb-sync/ovs-settings.c \
	ovsdb-sync/ovs-settings.h \
	ovsdb-sync/port-data-format.c \
	ovsdb-sync/port-data.c \
	ovsdb-sync/port-data.h \
	ovsdb-sync/row-network.c \
	ovsdb-sync/row-network.h \
	ovsdb-sync/row-parse.c \
	ovsdb-sync/row-parse.h \
	ovsdb-sync/row-prefix.c \
	ovsdb-sync/row-prefix.h \
	ovsdb-sync/rule-import.c \
	ovsdb-sync/rule-import.h \
	ovsdb-sync/rule-parse.c \
	ovsdb-sync/rule-parse.h \
	ovsdb-sync/rule-value.c \
	ovsdb-sync/rule-value.h \
	ovsdb-sync/status-plan.c \
	ovsdb-sync/status-plan.h

# Layer 3: the databases.
noinst_LTLIBRARIES += ovsdb-sync/libovsdbsync.la
ovsdb_sync_libovsdbsync_la_SOURCES = \
	ovsdb-sync/db-create.c \
	ovsdb-sync/db-create.h \
	ovsdb-sync/ext-kept.c \
	ovsdb-sync/ext-kept.h \
	ovsdb-sync/ext-known.c \
	ovsdb-sync/ext-known.h \
	ovsdb-sync/ext-policy.c \
	ovsdb-sync/ext-policy.h \
	ovsdb-sync/ext-port.c \
	ovsdb-sync/ext-port.h \
	ovsdb-sync/ext-status.c \
	ovsdb-sync/ext-status.h \
	ovsdb-sync/ext-sync.c \
	ovsdb-sync/ext-sync.h \
	ovsdb-sync/ovs-carry.c \
	ovsdb-sync/ovs-carry.h \
	ovsdb-sync/ovs-rows.c \
	ovsdb-sync/ovs-rows.h \
	ovsdb-sync/ovs-sync.c \
	ovsdb-sync/ovs-sync.h \
	ovsdb-sync/ovs-taps.c \
	ovsdb-sync/ovs-taps.h \
	ovsdb-sync/ovs-tunnel.c \
	ovsdb-sync/ovs-tunnel.h \
	ovsdb-sync/ovs-zones.c \
	ovsdb-sync/ovs-zones.h
nodist_ovsdb_sync_libovsdbsync_la_SOURCES = ovsdb-sync/ovs-ext-schema.inc
ovsdb_sync_libovsdbsync_la_LIBADD = ovsdb-sync/libovsextidl.la
