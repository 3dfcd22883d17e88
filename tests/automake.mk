AM_CHECK_LIBS = $(CMOCKA_LIBS)
unit_programs =

# What manual pages do not tell.
TESTS += tests/check-manuals
EXTRA_DIST += tests/check-manuals

unit_programs += tests/unit/test-model
tests_unit_test_model_SOURCES = \
	tests/unit/model-script.c \
	tests/unit/model-script.h \
	tests/unit/test-model.c
tests_unit_test_model_LDADD = ovs-ext/libmodel.la $(OVS_LIBS) $(CMOCKA_LIBS)

unit_programs += tests/unit/test-row-parse
tests_unit_test_row_parse_SOURCES = tests/unit/test-row-parse.c
tests_unit_test_row_parse_LDADD = \
	ovsdb-sync/libovsdbplan.la ovs-ext/libmodel.la $(OVS_LIBS) \
	$(CMOCKA_LIBS)

unit_programs += tests/unit/test-status-plan
tests_unit_test_status_plan_SOURCES = tests/unit/test-status-plan.c
tests_unit_test_status_plan_LDADD = \
	ovsdb-sync/libovsdbplan.la ovs-ext/libmodel.la $(OVS_LIBS) \
	$(CMOCKA_LIBS)

unit_programs += tests/unit/test-frr-json
tests_unit_test_frr_json_SOURCES = tests/unit/test-frr-json.c
tests_unit_test_frr_json_LDADD = \
	evpn-bridge/libfrrplan.la ovs-ext/libmodel.la $(OVS_LIBS) \
	$(CMOCKA_LIBS)

unit_programs += tests/unit/test-frr-round
tests_unit_test_frr_round_SOURCES = tests/unit/test-frr-round.c
tests_unit_test_frr_round_LDADD = \
	evpn-bridge/libfrrplan.la ovs-ext/libmodel.la $(OVS_LIBS) \
	$(CMOCKA_LIBS)

unit_programs += tests/unit/test-frr-watch
tests_unit_test_frr_watch_SOURCES = tests/unit/test-frr-watch.c
tests_unit_test_frr_watch_LDADD = \
	evpn-bridge/libfrrplan.la ovs-ext/libmodel.la $(OVS_LIBS) \
	$(CMOCKA_LIBS)

if HAVE_CMOCKA
check_PROGRAMS += $(unit_programs)
TESTS += $(unit_programs)
endif
