# Fuzz targets.  "make check" replays their seeds; "make fuzzers" links them
# with libFuzzer, after configure --enable-fuzzing with clang.
EXTRA_DIST += tests/fuzz/fuzz.h

replay_programs = \
	tests/fuzz/replay-domain-xml \
	tests/fuzz/replay-flow-codec \
	tests/fuzz/replay-flow-learn \
	tests/fuzz/replay-flow-packet \
	tests/fuzz/replay-flow-trace \
	tests/fuzz/replay-frr-json \
	tests/fuzz/replay-hook-args \
	tests/fuzz/replay-ip-reply \
	tests/fuzz/replay-nl-msg \
	tests/fuzz/replay-port-data \
	tests/fuzz/replay-row-parse \
	tests/fuzz/replay-rs-check \
	tests/fuzz/replay-rule-import
check_PROGRAMS += $(replay_programs)
unit_tests += $(replay_programs)

fuzz_programs = \
	tests/fuzz/fuzz-domain-xml \
	tests/fuzz/fuzz-flow-codec \
	tests/fuzz/fuzz-flow-learn \
	tests/fuzz/fuzz-flow-packet \
	tests/fuzz/fuzz-flow-trace \
	tests/fuzz/fuzz-frr-json \
	tests/fuzz/fuzz-hook-args \
	tests/fuzz/fuzz-ip-reply \
	tests/fuzz/fuzz-nl-msg \
	tests/fuzz/fuzz-port-data \
	tests/fuzz/fuzz-row-parse \
	tests/fuzz/fuzz-rs-check \
	tests/fuzz/fuzz-rule-import
EXTRA_PROGRAMS += $(fuzz_programs)
CLEANFILES += $(fuzz_programs)
fuzzers: $(fuzz_programs) $(replay_programs)
.PHONY: fuzzers

fuzz_ldflags = $(AM_LDFLAGS) -fsanitize=fuzzer

fuzz_flow_codec_libs = \
	flows/libflowsplan.la ovs-ext/libmodel.la $(OVS_LIBS)
tests_fuzz_replay_flow_codec_SOURCES = \
	tests/fuzz/fuzz-flow-codec.c tests/fuzz/replay.c
tests_fuzz_replay_flow_codec_LDADD = $(fuzz_flow_codec_libs)
tests_fuzz_fuzz_flow_codec_SOURCES = \
	tests/fuzz/fuzz-flow-codec.c tests/fuzz/libfuzzer.c
tests_fuzz_fuzz_flow_codec_LDADD = $(fuzz_flow_codec_libs)
tests_fuzz_fuzz_flow_codec_LDFLAGS = $(fuzz_ldflags)

fuzz_flow_learn_libs = \
	flows/libflowsplan.la ovs-ext/libmodel.la $(OVS_LIBS)
tests_fuzz_replay_flow_learn_SOURCES = \
	tests/fuzz/fuzz-flow-learn.c tests/fuzz/replay.c
tests_fuzz_replay_flow_learn_LDADD = $(fuzz_flow_learn_libs)
tests_fuzz_fuzz_flow_learn_SOURCES = \
	tests/fuzz/fuzz-flow-learn.c tests/fuzz/libfuzzer.c
tests_fuzz_fuzz_flow_learn_LDADD = $(fuzz_flow_learn_libs)
tests_fuzz_fuzz_flow_learn_LDFLAGS = $(fuzz_ldflags)

fuzz_flow_packet_libs = \
	flows/libflowsplan.la ovs-ext/libmodel.la $(OVS_LIBS)
tests_fuzz_replay_flow_packet_SOURCES = \
	tests/fuzz/fuzz-flow-packet.c tests/fuzz/replay.c
tests_fuzz_replay_flow_packet_LDADD = $(fuzz_flow_packet_libs)
tests_fuzz_fuzz_flow_packet_SOURCES = \
	tests/fuzz/fuzz-flow-packet.c tests/fuzz/libfuzzer.c
tests_fuzz_fuzz_flow_packet_LDADD = $(fuzz_flow_packet_libs)
tests_fuzz_fuzz_flow_packet_LDFLAGS = $(fuzz_ldflags)

fuzz_flow_trace_libs = \
	flows/libflowsplan.la ovs-ext/libmodel.la $(OVS_LIBS)
tests_fuzz_replay_flow_trace_SOURCES = \
	tests/fuzz/fuzz-flow-trace.c tests/fuzz/replay.c
tests_fuzz_replay_flow_trace_LDADD = $(fuzz_flow_trace_libs)
tests_fuzz_fuzz_flow_trace_SOURCES = \
	tests/fuzz/fuzz-flow-trace.c tests/fuzz/libfuzzer.c
tests_fuzz_fuzz_flow_trace_LDADD = $(fuzz_flow_trace_libs)
tests_fuzz_fuzz_flow_trace_LDFLAGS = $(fuzz_ldflags)

fuzz_frr_json_libs = \
	evpn-bridge/libfrrplan.la ovs-ext/libmodel.la $(OVS_LIBS)
tests_fuzz_replay_frr_json_SOURCES = \
	tests/fuzz/fuzz-frr-json.c tests/fuzz/replay.c
tests_fuzz_replay_frr_json_LDADD = $(fuzz_frr_json_libs)
tests_fuzz_fuzz_frr_json_SOURCES = \
	tests/fuzz/fuzz-frr-json.c tests/fuzz/libfuzzer.c
tests_fuzz_fuzz_frr_json_LDADD = $(fuzz_frr_json_libs)
tests_fuzz_fuzz_frr_json_LDFLAGS = $(fuzz_ldflags)

fuzz_ip_reply_libs = \
	flows/libflowsplan.la ovs-ext/libmodel.la $(OVS_LIBS)
tests_fuzz_replay_ip_reply_SOURCES = \
	tests/fuzz/fuzz-ip-reply.c tests/fuzz/replay.c
tests_fuzz_replay_ip_reply_LDADD = $(fuzz_ip_reply_libs)
tests_fuzz_fuzz_ip_reply_SOURCES = \
	tests/fuzz/fuzz-ip-reply.c tests/fuzz/libfuzzer.c
tests_fuzz_fuzz_ip_reply_LDADD = $(fuzz_ip_reply_libs)
tests_fuzz_fuzz_ip_reply_LDFLAGS = $(fuzz_ldflags)

fuzz_nl_msg_libs = \
	evpn-bridge/libkernel.la ovs-ext/libmodel.la $(OVS_LIBS)
tests_fuzz_replay_nl_msg_SOURCES = \
	tests/fuzz/fuzz-nl-msg.c tests/fuzz/replay.c
tests_fuzz_replay_nl_msg_LDADD = $(fuzz_nl_msg_libs)
tests_fuzz_fuzz_nl_msg_SOURCES = \
	tests/fuzz/fuzz-nl-msg.c tests/fuzz/libfuzzer.c
tests_fuzz_fuzz_nl_msg_LDADD = $(fuzz_nl_msg_libs)
tests_fuzz_fuzz_nl_msg_LDFLAGS = $(fuzz_ldflags)

fuzz_row_parse_libs = \
	ovsdb-sync/libovsdbplan.la ovs-ext/libmodel.la $(OVS_LIBS)
tests_fuzz_replay_row_parse_SOURCES = \
	tests/fuzz/fuzz-row-parse.c tests/fuzz/replay.c
tests_fuzz_replay_row_parse_LDADD = $(fuzz_row_parse_libs)
tests_fuzz_fuzz_row_parse_SOURCES = \
	tests/fuzz/fuzz-row-parse.c tests/fuzz/libfuzzer.c
tests_fuzz_fuzz_row_parse_LDADD = $(fuzz_row_parse_libs)
tests_fuzz_fuzz_row_parse_LDFLAGS = $(fuzz_ldflags)

fuzz_port_data_libs = \
	ovsdb-sync/libovsdbplan.la ovs-ext/libmodel.la $(OVS_LIBS)
tests_fuzz_replay_port_data_SOURCES = \
	tests/fuzz/fuzz-port-data.c tests/fuzz/replay.c
tests_fuzz_replay_port_data_LDADD = $(fuzz_port_data_libs)
tests_fuzz_fuzz_port_data_SOURCES = \
	tests/fuzz/fuzz-port-data.c tests/fuzz/libfuzzer.c
tests_fuzz_fuzz_port_data_LDADD = $(fuzz_port_data_libs)
tests_fuzz_fuzz_port_data_LDFLAGS = $(fuzz_ldflags)

fuzz_rs_check_libs = \
	flows/libflowsplan.la ovs-ext/libmodel.la $(OVS_LIBS)
tests_fuzz_replay_rs_check_SOURCES = \
	tests/fuzz/fuzz-rs-check.c tests/fuzz/replay.c
tests_fuzz_replay_rs_check_LDADD = $(fuzz_rs_check_libs)
tests_fuzz_fuzz_rs_check_SOURCES = \
	tests/fuzz/fuzz-rs-check.c tests/fuzz/libfuzzer.c
tests_fuzz_fuzz_rs_check_LDADD = $(fuzz_rs_check_libs)
tests_fuzz_fuzz_rs_check_LDFLAGS = $(fuzz_ldflags)

fuzz_rule_import_libs = \
	ovsdb-sync/libovsdbplan.la ovs-ext/libmodel.la $(OVS_LIBS)
tests_fuzz_replay_rule_import_SOURCES = \
	tests/fuzz/fuzz-rule-import.c tests/fuzz/replay.c
tests_fuzz_replay_rule_import_LDADD = $(fuzz_rule_import_libs)
tests_fuzz_fuzz_rule_import_SOURCES = \
	tests/fuzz/fuzz-rule-import.c tests/fuzz/libfuzzer.c
tests_fuzz_fuzz_rule_import_LDADD = $(fuzz_rule_import_libs)
tests_fuzz_fuzz_rule_import_LDFLAGS = $(fuzz_ldflags)

fuzz_domain_xml_libs = \
	ovs-ext/libhostplan.la ovsdb-sync/libovsdbplan.la ovs-ext/libmodel.la \
	$(OVS_LIBS) $(LIBXML_LIBS)
tests_fuzz_replay_domain_xml_SOURCES = \
	tests/fuzz/fuzz-domain-xml.c tests/fuzz/replay.c
tests_fuzz_replay_domain_xml_LDADD = $(fuzz_domain_xml_libs)
tests_fuzz_fuzz_domain_xml_SOURCES = \
	tests/fuzz/fuzz-domain-xml.c tests/fuzz/libfuzzer.c
tests_fuzz_fuzz_domain_xml_LDADD = $(fuzz_domain_xml_libs)
tests_fuzz_fuzz_domain_xml_LDFLAGS = $(fuzz_ldflags)

fuzz_hook_args_libs = \
	ovs-ext/libhostplan.la ovsdb-sync/libovsdbplan.la ovs-ext/libmodel.la \
	$(OVS_LIBS) $(LIBXML_LIBS)
tests_fuzz_replay_hook_args_SOURCES = \
	tests/fuzz/fuzz-hook-args.c tests/fuzz/replay.c
tests_fuzz_replay_hook_args_LDADD = $(fuzz_hook_args_libs)
tests_fuzz_fuzz_hook_args_SOURCES = \
	tests/fuzz/fuzz-hook-args.c tests/fuzz/libfuzzer.c
tests_fuzz_fuzz_hook_args_LDADD = $(fuzz_hook_args_libs)
tests_fuzz_fuzz_hook_args_LDFLAGS = $(fuzz_ldflags)
