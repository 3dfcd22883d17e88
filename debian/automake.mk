EXTRA_DIST += \
	debian/changelog \
	debian/control \
	debian/copyright \
	debian/docs \
	debian/ovs-ext.postrm \
	debian/rules \
	debian/source/format
