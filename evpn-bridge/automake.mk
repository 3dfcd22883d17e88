# Layer 2: what the kernel says, the copy of it, and what it should say.
noinst_LTLIBRARIES += evpn-bridge/libkernel.la
evpn_bridge_libkernel_la_SOURCES = \
	evpn-bridge/kernel-addr.c \
	evpn-bridge/kernel-fdb.c \
	evpn-bridge/kernel-internal.h \
	evpn-bridge/kernel-neigh.c \
	evpn-bridge/kernel-nexthop.c \
	evpn-bridge/kernel-rmac.c \
	evpn-bridge/kernel-route.c \
	evpn-bridge/kernel-tap.c \
	evpn-bridge/kernel-plan.c \
	evpn-bridge/kernel-plan.h \
	evpn-bridge/kernel.c \
	evpn-bridge/kernel.h \
	evpn-bridge/nl-msg-route.c \
	evpn-bridge/nl-msg.c \
	evpn-bridge/nl-msg.h

# Layer 3: netlink and nftables.
noinst_LTLIBRARIES += evpn-bridge/libnetlink.la
evpn_bridge_libnetlink_la_CPPFLAGS = $(AM_CPPFLAGS) $(NFTABLES_CFLAGS)
evpn_bridge_libnetlink_la_SOURCES = \
	evpn-bridge/fence.c \
	evpn-bridge/fence.h \
	evpn-bridge/nl-apply.c \
	evpn-bridge/nl-apply.h \
	evpn-bridge/nl-lo.c \
	evpn-bridge/nl-lo.h \
	evpn-bridge/nl-monitor.c \
	evpn-bridge/nl-monitor.h \
	evpn-bridge/nl-reader.c \
	evpn-bridge/nl-reader.h \
	evpn-bridge/nl-retry.c \
	evpn-bridge/nl-retry.h \
	evpn-bridge/nl-underlay.c \
	evpn-bridge/nl-underlay.h \
	evpn-bridge/nl-worker.c \
	evpn-bridge/nl-worker.h

# Layer 2: what FRR says, and what follows from it.
noinst_LTLIBRARIES += evpn-bridge/libfrrplan.la
evpn_bridge_libfrrplan_la_SOURCES = \
	evpn-bridge/frr-conf.c \
	evpn-bridge/frr-conf.h \
	evpn-bridge/frr-json.c \
	evpn-bridge/frr-json.h \
	evpn-bridge/frr-round.c \
	evpn-bridge/frr-round.h \
	evpn-bridge/frr-watch.c \
	evpn-bridge/frr-watch.h

# Layer 3: FRR's vty sockets.
noinst_LTLIBRARIES += evpn-bridge/libfrr.la
evpn_bridge_libfrr_la_SOURCES = \
	evpn-bridge/frr-writer.c \
	evpn-bridge/frr-writer.h \
	evpn-bridge/frr.c \
	evpn-bridge/frr.h \
	evpn-bridge/vty.c \
	evpn-bridge/vty.h
