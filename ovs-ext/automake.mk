# Layer 1: pure data.
noinst_LTLIBRARIES += ovs-ext/libmodel.la
ovs_ext_libmodel_la_SOURCES = \
	ovs-ext/model/facts.h \
	ovs-ext/model/model-iface.c \
	ovs-ext/model/model-internal.h \
	ovs-ext/model/model-local.c \
	ovs-ext/model/model-network.c \
	ovs-ext/model/model-port.c \
	ovs-ext/model/model-remote.c \
	ovs-ext/model/model.c \
	ovs-ext/model/model.h \
	ovs-ext/model/owner.c \
	ovs-ext/model/owner.h \
	ovs-ext/model/problem.c \
	ovs-ext/model/problem.h

# What commands print: pure too.
noinst_LTLIBRARIES += ovs-ext/libshow.la
ovs_ext_libshow_la_SOURCES = \
	ovs-ext/show-model.c \
	ovs-ext/show-model.h \
	ovs-ext/show.c \
	ovs-ext/show.h

# Layer 4: the daemon.
sbin_PROGRAMS += ovs-ext/ovs-ext
ovs_ext_ovs_ext_SOURCES = \
	ovs-ext/commands.c \
	ovs-ext/commands.h \
	ovs-ext/engine-internal.h \
	ovs-ext/engine-show.c \
	ovs-ext/engine.c \
	ovs-ext/engine.h \
	ovs-ext/lap-timer.c \
	ovs-ext/lap-timer.h \
	ovs-ext/main.c
ovs_ext_ovs_ext_LDADD = \
	ovs-ext/libshow.la \
	ovsdb-sync/libovsdbsync.la \
	ovsdb-sync/libovsdbplan.la \
	flows/libflows.la \
	flows/libflowsplan.la \
	evpn-bridge/libfrr.la \
	evpn-bridge/libfrrplan.la \
	evpn-bridge/libnetlink.la \
	evpn-bridge/libkernel.la \
	ovs-ext/libmodel.la \
	$(OVSDB_LIBS) \
	$(OVS_LIBS) \
	$(NFTABLES_LIBS)

bin_PROGRAMS += ovs-ext/ovs-ext-ctl
ovs_ext_ovs_ext_ctl_SOURCES = \
	ovs-ext/ctl-commands.c \
	ovs-ext/ctl-commands.h \
	ovs-ext/ovs-ext-ctl.c
ovs_ext_ovs_ext_ctl_LDADD = \
	ovsdb-sync/libovsextidl.la \
	ovsdb-sync/libovsdbplan.la \
	ovs-ext/libmodel.la \
	$(OVS_LIBS)
dist_man_MANS += \
	ovs-ext/ovs-ext-ctl.8 \
	ovs-ext/ovs-ext.5 \
	ovs-ext/ovs-ext.8

# For bash.  Its file there is named as the command is.
EXTRA_DIST += ovs-ext/ovs-ext-ctl.bash-completion
completionsdir = $(datadir)/bash-completion/completions
install-data-local:
	$(MKDIR_P) "$(DESTDIR)$(completionsdir)"
	$(INSTALL_DATA) $(srcdir)/ovs-ext/ovs-ext-ctl.bash-completion \
		"$(DESTDIR)$(completionsdir)/ovs-ext-ctl"
uninstall-local:
	rm -f "$(DESTDIR)$(completionsdir)/ovs-ext-ctl"

# For systemd, if configure was told where its units are.
EXTRA_DIST += ovs-ext/ovs-ext.default ovs-ext/ovs-ext.service.in
CLEANFILES += ovs-ext/ovs-ext.service
ovs-ext/ovs-ext.service: ovs-ext/ovs-ext.service.in
	$(AM_V_GEN)$(MKDIR_P) ovs-ext && \
	sed 's,[@]sbindir[@],$(sbindir),' \
		< $(srcdir)/ovs-ext/ovs-ext.service.in > $@.tmp && mv $@.tmp $@
if HAVE_SYSTEMD
systemdsystemunitdir = $(SYSTEMDSYSTEMUNITDIR)
nodist_systemdsystemunit_DATA = ovs-ext/ovs-ext.service
endif
