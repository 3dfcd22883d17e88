# Layer 1: pure data.
noinst_LTLIBRARIES += ovs-ext/libmodel.la
ovs_ext_libmodel_la_SOURCES = \
	ovs-ext/model/facts.h \
	ovs-ext/model/ident.c \
	ovs-ext/model/ident.h \
	ovs-ext/model/model-gateway.c \
	ovs-ext/model/model-glean.c \
	ovs-ext/model/model-group.c \
	ovs-ext/model/model-herald.c \
	ovs-ext/model/model-hops.c \
	ovs-ext/model/model-iface.c \
	ovs-ext/model/model-internal.h \
	ovs-ext/model/model-learn.c \
	ovs-ext/model/model-linger.c \
	ovs-ext/model/model-local.c \
	ovs-ext/model/model-moves.c \
	ovs-ext/model/model-network.c \
	ovs-ext/model/model-port.c \
	ovs-ext/model/model-remote.c \
	ovs-ext/model/model-route.c \
	ovs-ext/model/model-rule.c \
	ovs-ext/model/model-security.c \
	ovs-ext/model/model-vm.c \
	ovs-ext/model/model-vpc.c \
	ovs-ext/model/model.c \
	ovs-ext/model/model.h \
	ovs-ext/model/owner.c \
	ovs-ext/model/owner.h \
	ovs-ext/model/policy.c \
	ovs-ext/model/policy.h \
	ovs-ext/model/problem.c \
	ovs-ext/model/problem.h \
	ovs-ext/model/zone.c \
	ovs-ext/model/zone.h

# What commands print: pure too.
noinst_LTLIBRARIES += ovs-ext/libshow.la
ovs_ext_libshow_la_SOURCES = \
	ovs-ext/show-learn.c \
	ovs-ext/show-learn.h \
	ovs-ext/show-model.c \
	ovs-ext/show-model.h \
	ovs-ext/show-routes.c \
	ovs-ext/show-vpc.c \
	ovs-ext/show.c \
	ovs-ext/show.h

# Layer 4: the daemon.
sbin_PROGRAMS += ovs-ext/ovs-ext
ovs_ext_ovs_ext_SOURCES = \
	ovs-ext/commands.c \
	ovs-ext/commands.h \
	ovs-ext/engine-internal.h \
	ovs-ext/engine-acl-log.c \
	ovs-ext/engine-acl.c \
	ovs-ext/engine-metrics.c \
	ovs-ext/engine-ports.c \
	ovs-ext/engine-route.c \
	ovs-ext/engine-show.c \
	ovs-ext/engine-taps.c \
	ovs-ext/engine-trace.c \
	ovs-ext/engine-vms.c \
	ovs-ext/engine.c \
	ovs-ext/engine.h \
	ovs-ext/lap-timer.c \
	ovs-ext/lap-timer.h \
	ovs-ext/main.c
ovs_ext_ovs_ext_LDADD = \
	ovs-ext/libshow.la \
	ovs-ext/liblibvirt.la \
	ovs-ext/libhostplan.la \
	ovsdb-sync/libovsdbsync.la \
	ovsdb-sync/libovsdbplan.la \
	flows/libflows.la flows/libvswitchctl.la \
	flows/libflowsplan.la \
	evpn-bridge/libfrr.la \
	evpn-bridge/libfrrplan.la \
	evpn-bridge/libnetlink.la \
	evpn-bridge/libkernel.la \
	ovs-ext/libmodel.la \
	$(OVSDB_LIBS) \
	$(OVS_LIBS) \
	$(NFTABLES_LIBS) \
	$(LIBXML_LIBS) \
	$(LIBVIRT_LIBS)

bin_PROGRAMS += ovs-ext/ovs-ext-ctl
ovs_ext_ovs_ext_ctl_SOURCES = \
	ovs-ext/cloudstack-host.c \
	ovs-ext/cloudstack-host.h \
	ovs-ext/ctl-acl.c \
	ovs-ext/ctl-cloudstack.c \
	ovs-ext/ctl-cloudstack.h \
	ovs-ext/ctl-commands.c \
	ovs-ext/ctl-commands.h \
	ovs-ext/ctl-frr.c \
	ovs-ext/ctl-group.c \
	ovs-ext/ctl-internal.h \
	ovs-ext/ctl-policy.c \
	ovs-ext/ctl-rule.c \
	ovs-ext/ctl-rule.h \
	ovs-ext/ctl-security.c \
	ovs-ext/ctl-vpc.c \
	ovs-ext/ovs-ext-ctl.c
ovs_ext_ovs_ext_ctl_LDADD = \
	ovsdb-sync/libovsextidl.la \
	ovsdb-sync/libovsdbplan.la \
	ovs-ext/libmodel.la \
	$(OVS_LIBS)

# Layer 2: domains, and the arguments and changes of hooks.
noinst_LTLIBRARIES += ovs-ext/libhostplan.la
ovs_ext_libhostplan_la_CFLAGS = $(AM_CFLAGS) $(LIBXML_CFLAGS)
ovs_ext_libhostplan_la_SOURCES = \
	ovs-ext/host/domain-xml.c \
	ovs-ext/host/domain-xml.h \
	ovs-ext/host/hooks/hook-args.c \
	ovs-ext/host/hooks/hook-args.h \
	ovs-ext/host/hooks/hook-group.c \
	ovs-ext/host/hooks/hook-group.h \
	ovs-ext/host/hooks/hook-plan.c \
	ovs-ext/host/hooks/hook-plan.h \
	ovs-ext/host/hooks/hook-tap.c \
	ovs-ext/host/hooks/hook-tap.h \
	ovs-ext/host/hooks/hook-txn.c \
	ovs-ext/host/hooks/hook-txn.h \
	ovs-ext/host/port-id.c \
	ovs-ext/host/port-id.h

# Layer 3: libvirt.
noinst_LTLIBRARIES += ovs-ext/liblibvirt.la
ovs_ext_liblibvirt_la_CFLAGS = $(AM_CFLAGS) $(LIBVIRT_CFLAGS)
ovs_ext_liblibvirt_la_SOURCES = \
	ovs-ext/host/libvirt-internal.h \
	ovs-ext/host/libvirt-watch.c \
	ovs-ext/host/libvirt-watch.h
if HAVE_LIBVIRT
ovs_ext_liblibvirt_la_SOURCES += ovs-ext/host/libvirt-conn.c
else
ovs_ext_liblibvirt_la_SOURCES += ovs-ext/host/libvirt-none.c
endif

dist_pkgdata_DATA += ovs-ext/host/hooks/libvirt-vm-xml-transformer.groovy
dist_pkgdata_SCRIPTS += ovs-ext/host/hooks/ovs-ext-network-extension

sbin_PROGRAMS += ovs-ext/ovs-ext-hook
ovs_ext_ovs_ext_hook_SOURCES = \
	ovs-ext/host/hooks/hook-adopt.c \
	ovs-ext/host/hooks/hook-agent.c \
	ovs-ext/host/hooks/hook-db.c \
	ovs-ext/host/hooks/hook-db.h \
	ovs-ext/host/hooks/hook-macip.c \
	ovs-ext/host/hooks/hook-network.c \
	ovs-ext/host/hooks/hook-qemu.c \
	ovs-ext/host/hooks/hook-sg.c \
	ovs-ext/host/hooks/hook-stock.c \
	ovs-ext/host/hooks/hook-vxlan.c \
	ovs-ext/host/hooks/hook.c \
	ovs-ext/host/hooks/hook.h \
	ovs-ext/host/hooks/ovs-ext-hook.c
ovs_ext_ovs_ext_hook_LDADD = \
	ovs-ext/libhostplan.la \
	ovsdb-sync/libovsdbplan.la \
	ovs-ext/libmodel.la \
	$(OVS_LIBS) \
	$(LIBXML_LIBS)

dist_man_MANS += \
	ovs-ext/ovs-ext-ctl.8 \
	ovs-ext/ovs-ext-hook.8 \
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
