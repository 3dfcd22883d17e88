# Layer 2: what the kernel says, and the copy of it.
noinst_LTLIBRARIES += evpn-bridge/libkernel.la
evpn_bridge_libkernel_la_SOURCES = \
	evpn-bridge/kernel-fdb.c \
	evpn-bridge/kernel-internal.h \
	evpn-bridge/kernel-neigh.c \
	evpn-bridge/kernel-nexthop.c \
	evpn-bridge/kernel.c \
	evpn-bridge/kernel.h \
	evpn-bridge/nl-msg.c \
	evpn-bridge/nl-msg.h

# Layer 3: netlink.
noinst_LTLIBRARIES += evpn-bridge/libnetlink.la
evpn_bridge_libnetlink_la_SOURCES = \
	evpn-bridge/nl-monitor.c \
	evpn-bridge/nl-monitor.h
