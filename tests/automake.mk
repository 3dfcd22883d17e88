AM_CHECK_LIBS = $(CMOCKA_LIBS)
unit_programs =

# What manual pages do not tell.
TESTS += tests/check-manuals
EXTRA_DIST += tests/check-manuals

# What tests compare the policies in force with.
TESTS += tests/unit/test_acl_reference.py
EXTRA_DIST += tests/acl_reference.py tests/unit/test_acl_reference.py

# Facts, messages and flows as text.
script = \
	tests/unit/script.c \
	tests/unit/script.h
model_script = \
	tests/unit/model-script-route.c \
	tests/unit/model-script.c \
	tests/unit/model-script.h \
	$(script)

unit_programs += tests/unit/test-model
tests_unit_test_model_SOURCES = tests/unit/test-model.c $(model_script)
tests_unit_test_model_LDADD = ovs-ext/libmodel.la $(OVS_LIBS) $(CMOCKA_LIBS)

unit_programs += tests/unit/test-model-vpc
tests_unit_test_model_vpc_SOURCES = \
	tests/unit/test-model-vpc.c $(model_script)
tests_unit_test_model_vpc_LDADD = \
	ovs-ext/libmodel.la $(OVS_LIBS) $(CMOCKA_LIBS)

unit_programs += tests/unit/test-model-glean
tests_unit_test_model_glean_SOURCES = \
	tests/unit/test-model-glean.c $(model_script)
tests_unit_test_model_glean_LDADD = \
	ovs-ext/libmodel.la $(OVS_LIBS) $(CMOCKA_LIBS)

unit_programs += tests/unit/test-model-learn
tests_unit_test_model_learn_SOURCES = \
	tests/unit/test-model-learn.c $(model_script)
tests_unit_test_model_learn_LDADD = \
	ovs-ext/libmodel.la $(OVS_LIBS) $(CMOCKA_LIBS)

unit_programs += tests/unit/test-model-moves
tests_unit_test_model_moves_SOURCES = \
	tests/unit/test-model-moves.c \
	$(model_script)
tests_unit_test_model_moves_LDADD = \
	ovs-ext/libmodel.la $(OVS_LIBS) $(CMOCKA_LIBS)

unit_programs += tests/unit/test-model-vm
tests_unit_test_model_vm_SOURCES = \
	tests/unit/test-model-vm.c \
	$(model_script)
tests_unit_test_model_vm_LDADD = \
	ovs-ext/libmodel.la $(OVS_LIBS) $(CMOCKA_LIBS)

unit_programs += tests/unit/test-owner
tests_unit_test_owner_SOURCES = tests/unit/test-owner.c
tests_unit_test_owner_LDADD = ovs-ext/libmodel.la $(OVS_LIBS) $(CMOCKA_LIBS)

unit_programs += tests/unit/test-policy
tests_unit_test_policy_SOURCES = tests/unit/test-policy.c $(model_script)
tests_unit_test_policy_LDADD = ovs-ext/libmodel.la $(OVS_LIBS) $(CMOCKA_LIBS)

unit_programs += tests/unit/test-problem
tests_unit_test_problem_SOURCES = tests/unit/test-problem.c
tests_unit_test_problem_LDADD = ovs-ext/libmodel.la $(OVS_LIBS) $(CMOCKA_LIBS)

unit_programs += tests/unit/test-row-parse
tests_unit_test_row_parse_SOURCES = tests/unit/test-row-parse.c
tests_unit_test_row_parse_LDADD = \
	ovsdb-sync/libovsdbplan.la ovs-ext/libmodel.la $(OVS_LIBS) \
	$(CMOCKA_LIBS)

unit_programs += tests/unit/test-row-network
tests_unit_test_row_network_SOURCES = tests/unit/test-row-network.c
tests_unit_test_row_network_LDADD = \
	ovsdb-sync/libovsdbplan.la ovs-ext/libmodel.la $(OVS_LIBS) \
	$(CMOCKA_LIBS)

unit_programs += tests/unit/test-rule-import
tests_unit_test_rule_import_SOURCES = tests/unit/test-rule-import.c
tests_unit_test_rule_import_LDADD = \
	ovsdb-sync/libovsdbplan.la ovs-ext/libmodel.la $(OVS_LIBS) \
	$(CMOCKA_LIBS)

unit_programs += tests/unit/test-rule-parse
tests_unit_test_rule_parse_SOURCES = \
	tests/unit/test-rule-parse.c $(script)
tests_unit_test_rule_parse_LDADD = \
	ovsdb-sync/libovsdbplan.la ovs-ext/libmodel.la $(OVS_LIBS) \
	$(CMOCKA_LIBS)

unit_programs += tests/unit/test-port-data
tests_unit_test_port_data_SOURCES = \
	tests/unit/test-port-data.c $(model_script)
tests_unit_test_port_data_LDADD = \
	ovsdb-sync/libovsdbplan.la ovs-ext/libmodel.la $(OVS_LIBS) \
	$(CMOCKA_LIBS)

unit_programs += tests/unit/test-status-plan
tests_unit_test_status_plan_SOURCES = tests/unit/test-status-plan.c
tests_unit_test_status_plan_LDADD = \
	ovsdb-sync/libovsdbplan.la ovs-ext/libmodel.la $(OVS_LIBS) \
	$(CMOCKA_LIBS)

unit_programs += tests/unit/test-frr-conf
tests_unit_test_frr_conf_SOURCES = tests/unit/test-frr-conf.c $(model_script)
tests_unit_test_frr_conf_LDADD = \
	evpn-bridge/libfrrplan.la ovs-ext/libmodel.la $(OVS_LIBS) \
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

gen_script = \
	$(model_script) \
	tests/unit/gen-script.c \
	tests/unit/gen-script.h

flow_script = \
	tests/unit/flow-script.c \
	tests/unit/flow-script.h

unit_programs += tests/unit/test-flow-codec
tests_unit_test_flow_codec_SOURCES = \
	tests/unit/test-flow-codec.c $(flow_script) $(model_script)
tests_unit_test_flow_codec_LDADD = \
	flows/libflowsplan.la ovs-ext/libmodel.la $(OVS_LIBS) $(CMOCKA_LIBS)

unit_programs += tests/unit/test-flow-learn
tests_unit_test_flow_learn_SOURCES = tests/unit/test-flow-learn.c $(script)
tests_unit_test_flow_learn_LDADD = \
	flows/libflowsplan.la ovs-ext/libmodel.la $(OVS_LIBS) $(CMOCKA_LIBS)

unit_programs += tests/unit/test-flow-packet
tests_unit_test_flow_packet_SOURCES = tests/unit/test-flow-packet.c $(script)
tests_unit_test_flow_packet_LDADD = \
	flows/libflowsplan.la ovs-ext/libmodel.la $(OVS_LIBS) $(CMOCKA_LIBS)

unit_programs += tests/unit/test-flow-query
tests_unit_test_flow_query_SOURCES = tests/unit/test-flow-query.c $(script)
tests_unit_test_flow_query_LDADD = \
	flows/libflows.la flows/libflowsplan.la ovs-ext/libmodel.la \
	$(OVS_LIBS) $(CMOCKA_LIBS)

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

unit_programs += tests/unit/test-ip-reply
tests_unit_test_ip_reply_SOURCES = tests/unit/test-ip-reply.c $(script)
tests_unit_test_ip_reply_LDADD = \
	flows/libflowsplan.la ovs-ext/libmodel.la $(OVS_LIBS) $(CMOCKA_LIBS)

unit_programs += tests/unit/test-resolver
tests_unit_test_resolver_SOURCES = tests/unit/test-resolver.c $(script)
tests_unit_test_resolver_LDADD = \
	flows/libflowsplan.la ovs-ext/libmodel.la $(OVS_LIBS) $(CMOCKA_LIBS)

unit_programs += tests/unit/test-route-packet
tests_unit_test_route_packet_SOURCES = \
	tests/unit/test-route-packet.c $(model_script)
tests_unit_test_route_packet_LDADD = \
	flows/libflowsplan.la ovs-ext/libmodel.la $(OVS_LIBS) $(CMOCKA_LIBS)

unit_programs += tests/unit/test-gen
tests_unit_test_gen_SOURCES = tests/unit/test-gen.c $(gen_script)
tests_unit_test_gen_LDADD = \
	flows/libflowsplan.la ovs-ext/libmodel.la $(OVS_LIBS) $(CMOCKA_LIBS)

unit_programs += tests/unit/test-acl-range
tests_unit_test_acl_range_SOURCES = tests/unit/test-acl-range.c $(script)
tests_unit_test_acl_range_LDADD = \
	flows/libflowsplan.la ovs-ext/libmodel.la $(OVS_LIBS) $(CMOCKA_LIBS)

unit_programs += tests/unit/test-spread
tests_unit_test_spread_SOURCES = tests/unit/test-spread.c
tests_unit_test_spread_LDADD = \
	flows/libflowsplan.la ovs-ext/libmodel.la $(OVS_LIBS) $(CMOCKA_LIBS)

unit_programs += tests/unit/test-gen-acl-rule
tests_unit_test_gen_acl_rule_SOURCES = \
	tests/unit/test-gen-acl-rule.c $(model_script)
tests_unit_test_gen_acl_rule_LDADD = \
	flows/libflowsplan.la ovs-ext/libmodel.la $(OVS_LIBS) $(CMOCKA_LIBS)

unit_programs += tests/unit/test-flow-trace
tests_unit_test_flow_trace_SOURCES = \
	tests/unit/test-flow-trace.c $(model_script)
tests_unit_test_flow_trace_LDADD = \
	flows/libflowsplan.la ovs-ext/libmodel.la $(OVS_LIBS) $(CMOCKA_LIBS)

unit_programs += tests/unit/test-zone
tests_unit_test_zone_SOURCES = tests/unit/test-zone.c $(script)
tests_unit_test_zone_LDADD = \
	ovs-ext/libmodel.la $(OVS_LIBS) $(CMOCKA_LIBS)

unit_programs += tests/unit/test-gen-acl
tests_unit_test_gen_acl_SOURCES = tests/unit/test-gen-acl.c $(model_script)
tests_unit_test_gen_acl_LDADD = \
	flows/libflowsplan.la ovs-ext/libmodel.la $(OVS_LIBS) $(CMOCKA_LIBS)

unit_programs += tests/unit/test-gen-flood
tests_unit_test_gen_flood_SOURCES = tests/unit/test-gen-flood.c $(model_script)
tests_unit_test_gen_flood_LDADD = \
	flows/libflowsplan.la ovs-ext/libmodel.la $(OVS_LIBS) $(CMOCKA_LIBS)

unit_programs += tests/unit/test-gen-security
tests_unit_test_gen_security_SOURCES = \
	tests/unit/test-gen-security.c \
	$(model_script)
tests_unit_test_gen_security_LDADD = \
	flows/libflowsplan.la ovs-ext/libmodel.la $(OVS_LIBS) $(CMOCKA_LIBS)

unit_programs += tests/unit/test-row-prefix
tests_unit_test_row_prefix_SOURCES = tests/unit/test-row-prefix.c
tests_unit_test_row_prefix_LDADD = \
	ovsdb-sync/libovsdbplan.la ovs-ext/libmodel.la $(OVS_LIBS) \
	$(CMOCKA_LIBS)

unit_programs += tests/unit/test-gen-acl-port
tests_unit_test_gen_acl_port_SOURCES = \
	tests/unit/test-gen-acl-port.c $(gen_script)
tests_unit_test_gen_acl_port_LDADD = \
	flows/libflowsplan.la ovs-ext/libmodel.la $(OVS_LIBS) $(CMOCKA_LIBS)

unit_programs += tests/unit/test-gen-suppress
tests_unit_test_gen_suppress_SOURCES = \
	tests/unit/test-gen-suppress.c $(gen_script)
tests_unit_test_gen_suppress_LDADD = \
	flows/libflowsplan.la ovs-ext/libmodel.la $(OVS_LIBS) $(CMOCKA_LIBS)

unit_programs += tests/unit/test-gen-route
tests_unit_test_gen_route_SOURCES = \
	tests/unit/test-gen-route.c $(gen_script)
tests_unit_test_gen_route_LDADD = \
	flows/libflowsplan.la ovs-ext/libmodel.la $(OVS_LIBS) $(CMOCKA_LIBS)

unit_programs += tests/unit/test-gen-gateway
tests_unit_test_gen_gateway_SOURCES = \
	tests/unit/test-gen-gateway.c $(gen_script)
tests_unit_test_gen_gateway_LDADD = \
	flows/libflowsplan.la ovs-ext/libmodel.la $(OVS_LIBS) $(CMOCKA_LIBS)

unit_programs += tests/unit/test-gen-learn
tests_unit_test_gen_learn_SOURCES = tests/unit/test-gen-learn.c $(model_script)
tests_unit_test_gen_learn_LDADD = \
	flows/libflowsplan.la ovs-ext/libmodel.la $(OVS_LIBS) $(CMOCKA_LIBS)

unit_programs += tests/unit/test-nd-answer
tests_unit_test_nd_answer_SOURCES = tests/unit/test-nd-answer.c $(model_script)
tests_unit_test_nd_answer_LDADD = \
	flows/libflowsplan.la ovs-ext/libmodel.la $(OVS_LIBS) $(CMOCKA_LIBS)

unit_programs += tests/unit/test-rs-check
tests_unit_test_rs_check_SOURCES = tests/unit/test-rs-check.c $(model_script)
tests_unit_test_rs_check_LDADD = \
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

unit_programs += tests/unit/test-kernel-route
tests_unit_test_kernel_route_SOURCES = \
	tests/unit/test-kernel-route.c $(kernel_script)
tests_unit_test_kernel_route_LDADD = \
	evpn-bridge/libkernel.la ovs-ext/libshow.la ovs-ext/libmodel.la \
	$(OVS_LIBS) $(CMOCKA_LIBS)

unit_programs += tests/unit/test-kernel-vpc
tests_unit_test_kernel_vpc_SOURCES = \
	tests/unit/test-kernel-vpc.c $(kernel_script)
tests_unit_test_kernel_vpc_LDADD = \
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

unit_programs += tests/unit/test-show-vpc
tests_unit_test_show_vpc_SOURCES = tests/unit/test-show-vpc.c $(model_script)
tests_unit_test_show_vpc_LDADD = \
	ovs-ext/libshow.la ovs-ext/libmodel.la $(OVS_LIBS) $(CMOCKA_LIBS)

unit_programs += tests/unit/test-hook-args
tests_unit_test_hook_args_SOURCES = tests/unit/test-hook-args.c $(script)
tests_unit_test_hook_args_LDADD = \
	ovs-ext/libhostplan.la ovsdb-sync/libovsdbplan.la ovs-ext/libmodel.la \
	$(OVS_LIBS) $(LIBXML_LIBS) $(CMOCKA_LIBS)

unit_programs += tests/unit/test-domain-xml
tests_unit_test_domain_xml_SOURCES = tests/unit/test-domain-xml.c $(script)
tests_unit_test_domain_xml_LDADD = \
	ovs-ext/libhostplan.la ovsdb-sync/libovsdbplan.la ovs-ext/libmodel.la \
	$(OVS_LIBS) $(LIBXML_LIBS) $(CMOCKA_LIBS)

hook_script = \
	tests/unit/hook-script.c \
	tests/unit/hook-script.h \
	$(script)

unit_programs += tests/unit/test-hook-group
tests_unit_test_hook_group_SOURCES = \
	tests/unit/test-hook-group.c $(hook_script)
tests_unit_test_hook_group_LDADD = \
	ovs-ext/libhostplan.la ovsdb-sync/libovsdbplan.la ovs-ext/libmodel.la \
	$(OVS_LIBS) $(LIBXML_LIBS) $(CMOCKA_LIBS)

unit_programs += tests/unit/test-hook-tap
tests_unit_test_hook_tap_SOURCES = \
	tests/unit/test-hook-tap.c $(hook_script)
tests_unit_test_hook_tap_LDADD = \
	ovs-ext/libhostplan.la ovsdb-sync/libovsdbplan.la ovs-ext/libmodel.la \
	$(OVS_LIBS) $(LIBXML_LIBS) $(CMOCKA_LIBS)

unit_programs += tests/unit/test-hook-plan
tests_unit_test_hook_plan_SOURCES = \
	tests/unit/test-hook-plan.c $(hook_script)
tests_unit_test_hook_plan_LDADD = \
	ovs-ext/libhostplan.la ovsdb-sync/libovsdbplan.la ovs-ext/libmodel.la \
	$(OVS_LIBS) $(LIBXML_LIBS) $(CMOCKA_LIBS)

# What a benchmark runs.
tests_bench_feed_routes_SOURCES = tests/bench/feed-routes.c $(kernel_script)
tests_bench_feed_routes_LDADD = \
	flows/libflows.la flows/libflowsplan.la evpn-bridge/libkernel.la \
	ovs-ext/libmodel.la $(OVS_LIBS) $(CMOCKA_LIBS)

unit_tests =
if HAVE_CMOCKA
check_PROGRAMS += $(unit_programs) tests/bench/feed-routes
unit_tests += $(unit_programs)
endif
TESTS += $(unit_tests)

# These need root, and run apart: tests/check system.
EXTRA_DIST += \
	tests/bench/README.md \
	tests/bench/acl_cidrs.py \
	tests/bench/acl_datapath.py \
	tests/bench/acl_members.py \
	tests/bench/acl_ports.py \
	tests/bench/addresses.py \
	tests/bench/arp_storm.py \
	tests/bench/bulk.py \
	tests/bench/gate.py \
	tests/bench/mac_change.py \
	tests/bench/migration.py \
	tests/bench/openflow.py \
	tests/bench/port_plug.py \
	tests/bench/restart.py \
	tests/bench/results.py \
	tests/bench/route_change.py \
	tests/bench/routed_datapath.py \
	tests/bench/routes.py \
	tests/bench/run \
	tests/bench/testbed.py \
	tests/box \
	tests/build \
	tests/check \
	tests/demo \
	tests/demo.py \
	tests/emulated-kernel \
	tests/emulated-kernel.config \
	tests/fabric.py \
	tests/failure.py \
	tests/guest-kernel \
	tests/jsonrpc.py \
	tests/netlink.py \
	tests/routed_fabric.py \
	tests/system/conftest.py \
	tests/system/frames.py \
	tests/system/hooks.py \
	tests/system/neighbors.py \
	tests/system/pytest.ini \
	tests/system/acl_probes.py \
	tests/system/test_acl.py \
	tests/system/test_acl_cases.py \
	tests/system/test_acl_change.py \
	tests/system/test_acl_ctl.py \
	tests/system/test_acl_faults.py \
	tests/system/test_acl_packets.py \
	tests/system/test_acl_random.py \
	tests/system/test_cloudstack.py \
	tests/system/test_cloudstack_install.py \
	tests/system/test_cloudstack_sg.py \
	tests/system/test_ctl.py \
	tests/system/test_demo.py \
	tests/system/test_frr.py \
	tests/system/test_irb.py \
	tests/system/test_irb_fabric.py \
	tests/system/test_irb_l3vni.py \
	tests/system/test_irb_local.py \
	tests/system/test_irb_packets.py \
	tests/system/test_kernel.py \
	tests/system/test_l2.py \
	tests/system/test_learning.py \
	tests/system/test_libvirt.py \
	tests/system/test_migration.py \
	tests/system/test_port_security.py \
	tests/system/test_restart.py \
	tests/system/test_scale.py \
	tests/system/test_routes.py \
	tests/system/test_show.py \
	tests/system/test_suppression.py \
	tests/system/test_switch.py \
	tests/system/virt.py \
	tests/system/test_trace.py
