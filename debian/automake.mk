EXTRA_DIST += \
	debian/changelog \
	debian/control \
	debian/copyright \
	debian/docs \
	debian/ovs-ext.postrm \
	debian/ovs-ext.prerm \
	debian/rules \
	debian/source/format
