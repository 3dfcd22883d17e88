AM_CHECK_LIBS = $(CMOCKA_LIBS)
unit_programs =

# What manual pages do not tell.
TESTS += tests/check-manuals
EXTRA_DIST += tests/check-manuals

# Facts, messages and flows as text.
script = \
	tests/unit/script.c \
	tests/unit/script.h
model_script = \
	tests/unit/model-script.c \
	tests/unit/model-script.h \
	$(script)

unit_programs += tests/unit/test-model
tests_unit_test_model_SOURCES = tests/unit/test-model.c $(model_script)
tests_unit_test_model_LDADD = ovs-ext/libmodel.la $(OVS_LIBS) $(CMOCKA_LIBS)

unit_programs += tests/unit/test-owner
tests_unit_test_owner_SOURCES = tests/unit/test-owner.c
tests_unit_test_owner_LDADD = ovs-ext/libmodel.la $(OVS_LIBS) $(CMOCKA_LIBS)

unit_programs += tests/unit/test-problem
tests_unit_test_problem_SOURCES = tests/unit/test-problem.c
tests_unit_test_problem_LDADD = ovs-ext/libmodel.la $(OVS_LIBS) $(CMOCKA_LIBS)

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

flow_script = \
	tests/unit/flow-script.c \
	tests/unit/flow-script.h

unit_programs += tests/unit/test-flow-codec
tests_unit_test_flow_codec_SOURCES = \
	tests/unit/test-flow-codec.c $(flow_script) $(model_script)
tests_unit_test_flow_codec_LDADD = \
	flows/libflowsplan.la ovs-ext/libmodel.la $(OVS_LIBS) $(CMOCKA_LIBS)

unit_programs += tests/unit/test-flow-table
tests_unit_test_flow_table_SOURCES = \
	tests/unit/test-flow-table.c $(flow_script) $(script)
tests_unit_test_flow_table_LDADD = \
	flows/libflowsplan.la ovs-ext/libmodel.la $(OVS_LIBS) $(CMOCKA_LIBS)

unit_programs += tests/unit/test-flow-table-walk
tests_unit_test_flow_table_walk_SOURCES = \
	tests/unit/test-flow-table-walk.c $(flow_script)
tests_unit_test_flow_table_walk_LDADD = \
	flows/libflowsplan.la ovs-ext/libmodel.la $(OVS_LIBS) $(CMOCKA_LIBS)

unit_programs += tests/unit/test-gen
tests_unit_test_gen_SOURCES = tests/unit/test-gen.c $(model_script)
tests_unit_test_gen_LDADD = \
	flows/libflowsplan.la ovs-ext/libmodel.la $(OVS_LIBS) $(CMOCKA_LIBS)

unit_programs += tests/unit/test-gen-flood
tests_unit_test_gen_flood_SOURCES = tests/unit/test-gen-flood.c $(model_script)
tests_unit_test_gen_flood_LDADD = \
	flows/libflowsplan.la ovs-ext/libmodel.la $(OVS_LIBS) $(CMOCKA_LIBS)

unit_programs += tests/unit/test-nl-msg
tests_unit_test_nl_msg_SOURCES = \
	tests/unit/nl-script.c \
	tests/unit/nl-script.h \
	tests/unit/test-nl-msg.c \
	$(script)
tests_unit_test_nl_msg_LDADD = \
	evpn-bridge/libkernel.la ovs-ext/libmodel.la $(OVS_LIBS) $(CMOCKA_LIBS)

kernel_script = \
	tests/unit/kernel-script.c \
	tests/unit/kernel-script.h \
	$(model_script)

unit_programs += tests/unit/test-kernel
tests_unit_test_kernel_SOURCES = tests/unit/test-kernel.c $(kernel_script)
tests_unit_test_kernel_LDADD = \
	evpn-bridge/libkernel.la ovs-ext/libmodel.la $(OVS_LIBS) $(CMOCKA_LIBS)

unit_programs += tests/unit/test-kernel-walk
tests_unit_test_kernel_walk_SOURCES = \
	tests/unit/test-kernel-walk.c $(kernel_script)
tests_unit_test_kernel_walk_LDADD = \
	evpn-bridge/libkernel.la ovs-ext/libmodel.la $(OVS_LIBS) $(CMOCKA_LIBS)

unit_programs += tests/unit/test-kernel-plan
tests_unit_test_kernel_plan_SOURCES = \
	tests/unit/test-kernel-plan.c $(kernel_script)
tests_unit_test_kernel_plan_LDADD = \
	evpn-bridge/libkernel.la ovs-ext/libmodel.la $(OVS_LIBS) $(CMOCKA_LIBS)

unit_programs += tests/unit/test-ovs-settings
tests_unit_test_ovs_settings_SOURCES = \
	tests/unit/test-ovs-settings.c $(script)
tests_unit_test_ovs_settings_LDADD = \
	ovsdb-sync/libovsdbplan.la ovs-ext/libmodel.la $(OVS_LIBS) \
	$(CMOCKA_LIBS)

unit_programs += tests/unit/test-show
tests_unit_test_show_SOURCES = tests/unit/test-show.c $(model_script)
tests_unit_test_show_LDADD = \
	ovs-ext/libshow.la ovs-ext/libmodel.la $(OVS_LIBS) $(CMOCKA_LIBS)

unit_tests =
if HAVE_CMOCKA
check_PROGRAMS += $(unit_programs)
unit_tests += $(unit_programs)
endif
TESTS += $(unit_tests)

# These need root, and run apart: tests/check system.
EXTRA_DIST += \
	tests/bench/README.md \
	tests/bench/bulk.py \
	tests/bench/jsonrpc.py \
	tests/bench/mac_change.py \
	tests/bench/openflow.py \
	tests/bench/port_plug.py \
	tests/bench/restart.py \
	tests/bench/results.py \
	tests/bench/run \
	tests/bench/table.md \
	tests/bench/testbed.py \
	tests/box \
	tests/build \
	tests/check \
	tests/demo \
	tests/demo.py \
	tests/fabric.py \
	tests/netlink.py \
	tests/system/conftest.py \
	tests/system/frames.py \
	tests/system/pytest.ini \
	tests/system/test_ctl.py \
	tests/system/test_demo.py \
	tests/system/test_frr.py \
	tests/system/test_kernel.py \
	tests/system/test_l2.py \
	tests/system/test_restart.py \
	tests/system/test_scale.py \
	tests/system/test_routes.py \
	tests/system/test_show.py
